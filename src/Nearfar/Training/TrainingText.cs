using Nearfar.Encoding;

namespace Nearfar.Training;

/// <summary>A text that training reads, and the side it stands on: prompts may differ.</summary>
/// <param name="Text">The query or the document's content.</param>
/// <param name="Role">Its side.</param>
public readonly record struct TrainingText(string Text, TextRole Role);
