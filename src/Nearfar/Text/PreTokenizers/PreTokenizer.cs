using Nearfar.Text.Json;

namespace Nearfar.Text.PreTokenizers;

/// <summary>Cuts a normalised text into the pieces that a model sees one by one. Immutable.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Appends the pieces of a piece; <paramref name="atStart"/> says whether it begins where the whole text begins.</summary>
    public abstract void Split(ReadOnlySpan<char> piece, bool atStart, TokenizerScratch scratch, PieceBuffer into);

    /// <summary>Writes the members of its JSON object.</summary>
    public abstract void Write(CanonicalJson json);
}
