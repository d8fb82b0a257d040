using System.Text.Json;

namespace Nearfar.Text;

/// <summary>A post-processor, reduced to what it does to one text: special tokens before it and behind it. Immutable.</summary>
/// <param name="Before">Ids before the text's own.</param>
/// <param name="Behind">Ids behind the text's own.</param>
/// <param name="Source">Its JSON, which is written back as it came, members in ordinal order.</param>
internal sealed record TokenTemplate(IReadOnlyList<int> Before, IReadOnlyList<int> Behind, JsonElement Source);
