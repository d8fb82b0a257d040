using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Normalizers;

/// <summary>Changes a text before it is cut. Immutable.</summary>
internal abstract class Normalizer
{
    /// <summary>Appends the normalised text.</summary>
    public abstract void Apply(ReadOnlySpan<char> text, TokenizerScratch scratch, CharBuffer into);

    /// <summary>Writes the members of its JSON object.</summary>
    public abstract void Write(CanonicalJson json);
}
