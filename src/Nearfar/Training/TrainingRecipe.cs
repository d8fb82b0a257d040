namespace Nearfar.Training;

/// <summary>A start and a way to train it: one candidate among which dev chooses.</summary>
/// <param name="Name">Short, of a folder's characters.</param>
/// <param name="Start">What to start from; scored as it is too.</param>
/// <param name="Training">How to train.</param>
public sealed record TrainingRecipe(string Name, StartOptions Start, TrainingOptions Training);
