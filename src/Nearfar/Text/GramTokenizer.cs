using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Nearfar.Text;

/// <summary>A tokenizer's tokens, then the hashed parts of the words it does not know and, on demand, pairs of words. Thread-safe.</summary>
/// <remarks>
/// For scripts and words that a vocabulary breaks into crumbs: inflections and typos share parts. The ids of parts stand behind the
/// vocabulary: <c>V + hash mod buckets</c>. No other library reads such a tokenizer; a model over it is not portable.
/// </remarks>
public sealed class GramTokenizer : ITokenizer
{
    private const int MostCached = 1 << 17;
    private const int LongestWord = 40;
    private readonly ConcurrentDictionary<string, int[]> _partsOfWord = new(StringComparer.Ordinal);

    /// <param name="inner">Gives the first ids.</param>
    /// <param name="options">Which parts.</param>
    /// <param name="maxTokens">Tokens of the inner tokenizer, and words, that are read of a text; at least 1. The rest is cut here, since parts multiply ids.</param>
    /// <exception cref="ArgumentException">Unsound options.</exception>
    public GramTokenizer(Tokenizer inner, GramOptions options, int maxTokens)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 1);
        if (options.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException($"Gram options: {string.Join("; ", problems)}.", nameof(options));
        }

        (Inner, Options, MaxTokens) = (inner, options, maxTokens);
    }

    /// <summary>Gives the first ids.</summary>
    public Tokenizer Inner { get; }

    /// <summary>Which parts.</summary>
    public GramOptions Options { get; }

    /// <summary>Tokens of <see cref="Inner"/>, and words, that are read of a text.</summary>
    public int MaxTokens { get; }

    /// <inheritdoc />
    public int VocabularySize => Inner.VocabularySize + Options.Buckets;

    /// <inheritdoc />
    public int? UnknownId => Inner.UnknownId;

    /// <inheritdoc />
    public void Encode(ReadOnlySpan<char> text, TokenBuffer into)
    {
        ArgumentNullException.ThrowIfNull(into);
        int start = into.Count;
        Inner.Encode(text, into);
        into.Truncate(Math.Min(into.Count, start + MaxTokens));
        var words = new List<string>();
        Words.Split(text, words);
        int count = Math.Min(words.Count, MaxTokens);
        for (int i = 0; i < count; i++)
        {
            if (Options.Characters)
            {
                foreach (int id in PartsOf(words[i]))
                {
                    into.Add(id);
                }
            }

            if (Options.WordPairs && i > 0)
            {
                into.Add(IdOf($"{words[i - 1]} {words[i]}"));
            }
        }
    }

    /// <inheritdoc />
    public string TokenOf(int id) => id < Inner.VocabularySize ? Inner.TokenOf(id) : FormattableString.Invariant($"part {id - Inner.VocabularySize}");

    /// <summary>The inner tokenizer's JSON under the options; no other library reads it.</summary>
    public ReadOnlyMemory<byte> ToJson()
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("grams");
            Write(writer);
            writer.WritePropertyName("tokenizer");
            writer.WriteRawValue(Inner.ToJsonWithoutCut().Span);
            writer.WriteEndObject();
        }

        return bytes.WrittenMemory;
    }

    /// <summary>The options as <c>grams.json</c> holds them.</summary>
    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (Options.AllWords)
        {
            writer.WriteBoolean("all_words", true);
        }

        writer.WriteNumber("buckets", Options.Buckets);
        writer.WriteBoolean("characters", Options.Characters);
        writer.WriteNumber("max", Options.Max);
        writer.WriteNumber("max_tokens", MaxTokens);
        writer.WriteNumber("min", Options.Min);
        writer.WriteBoolean("word_pairs", Options.WordPairs);
        writer.WriteEndObject();
    }

    // A pure function of the word: the cache only saves time, and stops growing before a hostile corpus fills the memory.
    private int[] PartsOf(string word)
    {
        if (_partsOfWord.TryGetValue(word, out int[]? parts))
        {
            return parts;
        }

        parts = Split(word);
        if (_partsOfWord.Count < MostCached)
        {
            _partsOfWord.TryAdd(word, parts);
        }

        return parts;
    }

    private int[] Split(string word)
    {
        var buffer = new TokenBuffer();
        Inner.Encode(word, buffer);
        if (!Options.AllWords && buffer.Count == 1 && buffer.Ids[0] != UnknownId)
        {
            return [];
        }

        Rune.DecodeFromUtf16(word, out var first, out _);
        if (Words.IsUnspaced(first.Value))
        {
            return [IdOf(word)];        // already a pair of characters
        }

        string[] characters = ["<", .. word.EnumerateRunes().Take(LongestWord).Select(r => r.ToString()), ">"];
        var parts = new List<int>();
        for (int length = Options.Min; length <= Options.Max; length++)
        {
            for (int i = 0; i + length <= characters.Length; i++)
            {
                parts.Add(IdOf(string.Concat(characters.AsSpan(i, length)!)));
            }
        }

        return [.. parts];
    }

    private int IdOf(string part) => Inner.VocabularySize + (int)(XxHash3.HashToUInt64(MemoryMarshal.AsBytes(part.AsSpan())) % (ulong)Options.Buckets);
}
