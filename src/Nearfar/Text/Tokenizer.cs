using System.Buffers;
using Nearfar.Text.Json;
using Nearfar.Text.Models;
using Nearfar.Text.Normalizers;
using Nearfar.Text.PreTokenizers;
using Nearfar.Text.Unicode;

namespace Nearfar.Text;

/// <summary>
/// Text to token ids as a <c>tokenizer.json</c> of Hugging Face's library asks for: WordPiece, byte-level and plain BPE, Unigram, with
/// normalizers, pre-tokenizers, added tokens and templates. What it does not support it refuses when the file is read, by file and JSON path.
/// </summary>
/// <remarks>
/// Thread-safe: a call keeps its state in the <see cref="TokenBuffer"/>; give each thread its own. A call allocates nothing once the
/// buffer has grown. Ids do not depend on ICU or on the culture: the Unicode tables are our own.
/// Truncation, padding and decoders of the file are read and written back, and not applied.
/// </remarks>
public sealed class Tokenizer : ITokenizer
{
    private const int LongestFile = 1 << 29;

    private static readonly SearchValues<char> s_surrogates = SearchValues.Create([.. Enumerable.Range(0xD800, 0x800).Select(c => (char)c)]);

    private readonly TokenizerParts _parts;
    private readonly BertWordPiece? _bert;
    private readonly AddedTokenFinder? _raw;
    private readonly AddedTokenFinder? _normalized;
    private readonly Dictionary<string, int> _addedIds = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _addedTokens = [];
    private readonly Lazy<ReadOnlyMemory<byte>> _json;

    internal Tokenizer(TokenizerParts parts)
    {
        _parts = parts;
        foreach (var token in parts.AddedTokens)
        {
            _addedIds.Add(token.Content, token.Id);
            _addedTokens.Add(token.Id, token.Content);
        }

        VocabularySize = Math.Max(parts.Model.Vocabulary.Size, parts.AddedTokens.Select(t => t.Id + 1).DefaultIfEmpty().Max());
        var raw = parts.AddedTokens.Where(t => !t.Normalized).Select(t => (t.Content, t)).ToArray();
        var normalized = parts.AddedTokens.Where(t => t.Normalized).Select(t => (Normalize(t.Content), t)).Where(t => t.Item1.Length > 0).ToArray();
        _raw = raw.Length > 0 ? new AddedTokenFinder(raw) : null;
        _normalized = normalized.Length > 0 ? new AddedTokenFinder(normalized) : null;
        if (parts is { Model: WordPieceModel model, Normalizer: BertNormalizer { CleansText: true } normalizer, PreTokenizer: BertPreTokenizer }
            && _normalized is null)
        {
            _bert = new BertWordPiece(normalizer, model);
        }

        _json = new Lazy<ReadOnlyMemory<byte>>(() => parts.Write());
    }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public int? UnknownId => _parts.Model.UnknownId;

    /// <summary>Reads a <c>tokenizer.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="NearfarException">Not readable, not valid, or it asks for something that is not supported; names the JSON path.</exception>
    public static Tokenizer Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            var file = new FileInfo(path);
            if (file.Length > LongestFile)
            {
                throw new NearfarException(path, 0, $"a tokenizer.json of at most {LongestFile} bytes is wanted, {file.Length} came.");
            }

            return FromJson(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NearfarException(path, 0, $"a tokenizer.json is wanted; it cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads the content of a <c>tokenizer.json</c>.</summary>
    /// <param name="json">UTF-8, with or without a byte order mark.</param>
    /// <param name="name">The name for error messages, mostly the path.</param>
    /// <exception cref="NearfarException">Not valid, or it asks for something that is not supported; names the JSON path.</exception>
    public static Tokenizer FromJson(ReadOnlyMemory<byte> json, string name) => new(TokenizerReader.Read(json, name));

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> text, TokenBuffer into)
    {
        ArgumentNullException.ThrowIfNull(into);
        var scratch = into.Scratch;
        if (_bert is not null && (_raw is null || !_raw.MayOccur(text)))
        {
            _bert.Encode(text, scratch, into);
            return;
        }

        if (HasLoneSurrogate(text))
        {
            var repaired = scratch.RentText();
            Repair(text, repaired);
            EncodeRaw(repaired.Span, scratch, into);
            scratch.Return(repaired);
        }
        else
        {
            EncodeRaw(text, scratch, into);
        }
    }

    /// <summary>Appends the ids of a text, with the special tokens that the file's template puts before and behind it.</summary>
    /// <param name="text">Any text; lone surrogates count as U+FFFD.</param>
    /// <param name="into">Receives the ids behind those it holds.</param>
    public void EncodeWithSpecialTokens(ReadOnlySpan<char> text, TokenBuffer into)
    {
        ArgumentNullException.ThrowIfNull(into);
        Add(_parts.Template?.Before, into);
        Encode(text, into);
        Add(_parts.Template?.Behind, into);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id.</exception>
    public string TokenOf(int id) => _parts.Model.Vocabulary.TokenOf(id) ?? _addedTokens.GetValueOrDefault(id)
        ?? throw new ArgumentOutOfRangeException(nameof(id), id, $"No token has this id; the vocabulary has {VocabularySize} ids.");

    /// <summary>The id of a token as the vocabulary spells it, or null.</summary>
    /// <param name="token">An added token or a piece of the vocabulary.</param>
    public int? IdOf(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return _addedIds.TryGetValue(token, out int id) ? id : _parts.Model.Vocabulary.IdOf(token);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> ToJson() => _json.Value;

    /// <summary><see cref="ToJson"/> without truncation and padding, which say nothing about the tokens of a text.</summary>
    internal ReadOnlyMemory<byte> ToJsonWithoutCut() => _parts.Write(withCut: false);

    /// <summary>The same tokenizer with one more token, found in the raw text; its id is the size of the vocabulary until now.</summary>
    internal Tokenizer WithToken(string content) =>
        new(_parts with { AddedTokens = [.. _parts.AddedTokens, new AddedToken(VocabularySize, content, SingleWord: false, StripLeft: false, StripRight: false, Normalized: false, Special: true)] });

    private static void Add(IReadOnlyList<int>? ids, TokenBuffer into)
    {
        for (int i = 0; i < (ids?.Count ?? 0); i++)
        {
            into.Add(ids![i]);
        }
    }

    private string Normalize(string text)
    {
        if (_parts.Normalizer is null)
        {
            return text;
        }

        var buffer = new CharBuffer();
        _parts.Normalizer.Apply(text, new TokenizerScratch(), buffer);
        return buffer.Span.ToString();
    }

    // Tokens that are not to be normalised are cut from the raw text first.
    private void EncodeRaw(ReadOnlySpan<char> text, TokenizerScratch scratch, TokenBuffer into)
    {
        int search = 0, taken = 0;
        while (_raw is not null && _raw.TryNext(text, ref search, taken, out int start, out int end, out int id))
        {
            if (start > taken)
            {
                EncodeSegment(text[taken..start], taken == 0, scratch, into);
            }

            into.Add(id);
            taken = end;
        }

        if (taken < text.Length)
        {
            EncodeSegment(text[taken..], taken == 0, scratch, into);
        }
    }

    private void EncodeSegment(ReadOnlySpan<char> text, bool atStart, TokenizerScratch scratch, TokenBuffer into)
    {
        if (_bert is not null)
        {
            _bert.Encode(text, scratch, into);
            return;
        }

        if (_parts.Normalizer is null)
        {
            EncodeNormalized(text, atStart, scratch, into);
            return;
        }

        var buffer = scratch.RentText();
        _parts.Normalizer.Apply(text, scratch, buffer);
        EncodeNormalized(buffer.Span, atStart, scratch, into);
        scratch.Return(buffer);
    }

    private void EncodeNormalized(ReadOnlySpan<char> text, bool atStart, TokenizerScratch scratch, TokenBuffer into)
    {
        int search = 0, taken = 0;
        while (_normalized is not null && _normalized.TryNext(text, ref search, taken, out int start, out int end, out int id))
        {
            if (start > taken)
            {
                EncodePieces(text[taken..start], atStart && taken == 0, scratch, into);
            }

            into.Add(id);
            taken = end;
        }

        if (taken < text.Length)
        {
            EncodePieces(text[taken..], atStart && taken == 0, scratch, into);
        }
    }

    private void EncodePieces(ReadOnlySpan<char> text, bool atStart, TokenizerScratch scratch, TokenBuffer into)
    {
        if (_parts.PreTokenizer is null)
        {
            _parts.Model.Encode(text, scratch, into);
            return;
        }

        var pieces = scratch.RentPieces();
        _parts.PreTokenizer.Split(text, atStart, scratch, pieces);
        for (int i = 0; i < pieces.Count; i++)
        {
            _parts.Model.Encode(pieces[i], scratch, into);
        }

        scratch.Return(pieces);
    }

    private static bool HasLoneSurrogate(ReadOnlySpan<char> text)
    {
        int first = text.IndexOfAny(s_surrogates);
        if (first < 0)
        {
            return false;
        }

        text = text[first..];
        while (!text.IsEmpty)
        {
            bool surrogate = char.IsSurrogate(text[0]);
            CodePoints.At(text, out int length);
            if (surrogate && length == 1)
            {
                return true;
            }

            text = text[length..];
        }

        return false;
    }

    private static void Repair(ReadOnlySpan<char> text, CharBuffer into)
    {
        while (!text.IsEmpty)
        {
            into.AddCodePoint(CodePoints.Next(ref text));
        }
    }
}
