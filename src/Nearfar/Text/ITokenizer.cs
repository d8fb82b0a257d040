namespace Nearfar.Text;

/// <summary>Text to token ids. Implementations are thread-safe: all state of a call lives in the buffer.</summary>
public interface ITokenizer
{
    /// <summary>Ids are 0 to this, exclusive.</summary>
    int VocabularySize { get; }

    /// <summary>The id of the unknown token; null when the model has none.</summary>
    int? UnknownId { get; }

    /// <summary>Appends the ids of a text, without special tokens such as [CLS].</summary>
    /// <param name="text">Any text; lone surrogates count as U+FFFD.</param>
    /// <param name="into">Receives the ids behind those it holds.</param>
    void Encode(ReadOnlySpan<char> text, TokenBuffer into);

    /// <summary>The token of an id as the vocabulary spells it.</summary>
    /// <param name="id">0 to <see cref="VocabularySize"/>, exclusive.</param>
    string TokenOf(int id);

    /// <summary><c>tokenizer.json</c> as Hugging Face's library reads it, in canonical form: equal tokenizers give equal bytes.</summary>
    ReadOnlyMemory<byte> ToJson();
}
