using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Nearfar.Encoding;
using Nearfar.Text;

namespace Nearfar.Training.Streaming;

/// <summary>Up to 256 pairs as bytes: the marks of their readable rows, then each pair's line, question and texts as bags of tokens.</summary>
/// <remarks>
/// marks: 8 bytes for the anchor's words and 8 for the positive's, row after row. A pair: line less the one before, hash of its folded question,
/// numbers of positives and hard negatives, then the texts: hash of the words, distinct tokens, and for each, ascending, its id less the one before
/// and how often it stands there. Hashes are XXH3 of 64 bits and 8 bytes long, numbers have 7 bits a byte. Two words of one hash would count as one
/// text: 1 in 30 million for a part of a million texts.
/// </remarks>
internal sealed class SpoolBlock
{
    private readonly ArrayBufferWriter<byte> _marks = new(), _pairs = new(1 << 14);
    private readonly TokenBuffer _buffer = new();
    private readonly List<int> _ids = [];
    private readonly HashSet<ulong> _seen = [];

    public int Rows { get; private set; }

    public List<string> LeftOut { get; } = [];

    /// <summary>Bytes of the marks, then of the pairs.</summary>
    public byte[] Bytes() => [.. _marks.WrittenSpan, .. _pairs.WrittenSpan];

    /// <summary>Reads texts into bags.</summary>
    /// <param name="pairs">In file order.</param>
    /// <param name="reading">Tokenizer, prompts and cut.</param>
    /// <param name="negatives">Whether hard negatives are kept.</param>
    /// <param name="used">Receives true at every token that occurs; written by several threads at once, always with the same value.</param>
    public static SpoolBlock Of(ReadOnlySpan<PairTexts> pairs, (ITokenizer Tokenizer, StaticEncoderOptions Options) reading, bool negatives, bool[] used)
    {
        var block = new SpoolBlock();
        long line = 0;
        foreach (var pair in pairs)
        {
            block.Add(pair, ref line, reading, negatives, used);
        }

        return block;
    }

    /// <summary>The hash that stands for words.</summary>
    public static ulong HashOf(string words) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(words.AsSpan()));

    private void Add(PairTexts pair, ref long line, (ITokenizer Tokenizer, StaticEncoderOptions Options) reading, bool negatives, bool[] used)
    {
        WriteNumber(_pairs, pair.Line - line);
        line = pair.Line;
        WriteHash(_pairs, HashOf(pair.Pair.FoldKey));
        WriteNumber(_pairs, pair.Positives.Length);
        WriteNumber(_pairs, negatives ? pair.HardNegatives.Length : 0);
        ulong anchor = HashOf(pair.Pair.Query);
        bool readable = AddText(pair.Pair.Query, TextRole.Query, anchor, reading, used), whole = readable;
        _seen.Clear();
        foreach (string text in pair.Positives)
        {
            ulong words = HashOf(text);
            bool known = AddText(text, TextRole.Document, words, reading, used);
            whole &= known;
            if (readable && known && _seen.Add(words))
            {
                Rows++;
                WriteHash(_marks, anchor);
                WriteHash(_marks, words);
            }
        }

        foreach (string text in negatives ? pair.HardNegatives : [])
        {
            AddText(text, TextRole.Document, HashOf(text), reading, used);
        }

        if (!whole)
        {
            LeftOut.Add(pair.Pair.Id);
        }
    }

    private bool AddText(string text, TextRole role, ulong words, (ITokenizer Tokenizer, StaticEncoderOptions Options) reading, bool[] used)
    {
        _ids.Clear();
        TokenBags.AddKnown(new TrainingText(text, role), reading.Tokenizer, reading.Options, _buffer, _ids);
        _ids.Sort();
        WriteHash(_pairs, words);
        int distinct = 0;
        for (int i = 0; i < _ids.Count; i++)
        {
            distinct += i == 0 || _ids[i] != _ids[i - 1] ? 1 : 0;
        }

        WriteNumber(_pairs, distinct);
        for (int i = 0, before = 0; i < _ids.Count;)
        {
            int run = i, id = _ids[i];
            for (; run < _ids.Count && _ids[run] == id; run++)
            {
            }

            used[id] = true;
            WriteNumber(_pairs, id - before);
            WriteNumber(_pairs, run - i);
            (before, i) = (id, run);
        }

        return distinct > 0;
    }

    private static void WriteHash(ArrayBufferWriter<byte> to, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to.GetSpan(8), value);
        to.Advance(8);
    }

    private static void WriteNumber(ArrayBufferWriter<byte> to, long value)
    {
        var bytes = to.GetSpan(10);
        int at = 0;
        ulong left = (ulong)value;
        for (; left >= 0x80; left >>= 7)
        {
            bytes[at++] = (byte)(left | 0x80);
        }

        bytes[at++] = (byte)left;
        to.Advance(at);
    }
}
