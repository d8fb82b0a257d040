using Nearfar.Text.Json;

namespace Nearfar.Text.Patterns;

/// <summary>What a Split or a Replace looks for. Immutable.</summary>
internal abstract class TextPattern
{
    /// <summary>The next match at or behind a position; false when there is none.</summary>
    public abstract bool TryFind(ReadOnlySpan<char> text, int from, TokenizerScratch scratch, out int start, out int length);

    /// <summary>Writes the value of the member <c>pattern</c>.</summary>
    public abstract void Write(CanonicalJson json);
}
