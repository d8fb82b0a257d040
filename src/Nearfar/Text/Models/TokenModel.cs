using Nearfar.Text.Json;

namespace Nearfar.Text.Models;

/// <summary>Turns one pre-tokenized piece into ids. Immutable: the scratch holds all state of a call.</summary>
internal abstract class TokenModel(Vocabulary vocabulary)
{
    public Vocabulary Vocabulary { get; } = vocabulary;

    public abstract int? UnknownId { get; }

    public abstract void Encode(ReadOnlySpan<char> piece, TokenizerScratch scratch, TokenBuffer into);

    public abstract void Write(CanonicalJson json);
}
