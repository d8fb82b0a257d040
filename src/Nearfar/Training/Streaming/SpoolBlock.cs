using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Training.Streaming;

/// <summary>Up to 256 pairs of one data set as bytes: the marks of their readable rows, their cohorts, then each pair's line, question and texts as bags of tokens.</summary>
/// <remarks>
/// Marks: 8 bytes for the anchor's words, 8 for the positive's and 8 for each cohort value that is asked for by name, row after row. Cohorts, where there are
/// attributes: how many different sets of values, then those. A pair: line less the one before, hash of its folded question, number of its set of values, numbers
/// of positives and hard negatives, then the texts: hash of the words, distinct tokens, and for each, ascending, its id less the one before and how often it stands
/// there. Hashes are XXH3 of 64 bits and 8 bytes long, numbers have 7 bits a byte, a text has its length in bytes in front. Two words of one hash would count as
/// one text: 1 in 30 million for a part of a million texts.
/// </remarks>
internal sealed class SpoolBlock
{
    private readonly SpoolReading _reading;
    private readonly (ITokenizer Tokenizer, StaticEncoderOptions Options) _encoder;
    private readonly bool[] _used;
    private readonly ArrayBufferWriter<byte> _marks = new(), _cohorts = new(), _pairs = new(1 << 14);
    private readonly Dictionary<string, int> _combinations = new(StringComparer.Ordinal);
    private readonly TokenBuffer _buffer = new();
    private readonly List<int> _ids = [];
    private readonly HashSet<ulong> _seen = [];

    private SpoolBlock(SpoolReading reading, (ITokenizer Tokenizer, StaticEncoderOptions Options) encoder, bool[] used)
    {
        (_reading, _encoder, _used) = (reading, encoder, used);
        Known = new bool[reading.Cohorts.Attributes.Length];
        Without = [.. reading.Cohorts.Wanted.Select(_ => new List<string>())];
    }

    public int Rows { get; private set; }

    public List<string> LeftOut { get; } = [];

    /// <summary>By attribute: whether a readable row has a value.</summary>
    public bool[] Known { get; }

    /// <summary>By attribute that is asked for: ids of pairs with readable rows that have no value.</summary>
    public List<string>[] Without { get; }

    /// <summary>The marks of the rows.</summary>
    public ReadOnlySpan<byte> Marks => _marks.WrittenSpan;

    /// <summary>Bytes of the marks, then of the cohorts and the pairs.</summary>
    public byte[] Bytes()
    {
        var head = new ArrayBufferWriter<byte>();
        if (Known.Length > 0)
        {
            WriteNumber(head, _combinations.Count);
        }

        return [.. _marks.WrittenSpan, .. head.WrittenSpan, .. _cohorts.WrittenSpan, .. _pairs.WrittenSpan];
    }

    /// <summary>Reads texts into bags.</summary>
    /// <param name="pairs">In file order, each with the values of its cohorts.</param>
    /// <param name="reading">What is kept.</param>
    /// <param name="encoder">Tokenizer, prompts and cut.</param>
    /// <param name="used">Receives true at every token that occurs; written by several threads at once, always with the same value.</param>
    public static SpoolBlock Of(ReadOnlySpan<(PairTexts Pair, string[] Cohorts)> pairs, SpoolReading reading, (ITokenizer Tokenizer, StaticEncoderOptions Options) encoder, bool[] used)
    {
        var block = new SpoolBlock(reading, encoder, used);
        long line = 0;
        foreach (var (pair, cohorts) in pairs)
        {
            block.Add(pair, cohorts, line);
            line = pair.Line;
        }

        return block;
    }

    /// <summary>The hash that stands for words.</summary>
    public static ulong HashOf(string words) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(words.AsSpan()));

    private void Add(PairTexts pair, string[] cohorts, long before)
    {
        string[] negatives = _reading.Negatives ? pair.HardNegatives : [];
        WriteNumber(_pairs, pair.Line - before);
        WriteHash(_pairs, HashOf(pair.Pair.FoldKey));
        if (cohorts.Length > 0)
        {
            WriteNumber(_pairs, CombinationOf(cohorts));
        }

        WriteNumber(_pairs, pair.Positives.Length);
        WriteNumber(_pairs, negatives.Length);
        ulong anchor = HashOf(pair.Pair.Query);
        bool readable = AddText(pair.Pair.Query, TextRole.Query, anchor), whole = readable;
        _seen.Clear();
        foreach (string text in pair.Positives)
        {
            ulong words = HashOf(text);
            bool known = AddText(text, TextRole.Document, words);
            whole &= known;
            if (readable && known && _seen.Add(words))
            {
                AddRow(anchor, words, cohorts);
            }
        }

        foreach (string text in negatives)
        {
            AddText(text, TextRole.Document, HashOf(text));
        }

        if (!whole)
        {
            LeftOut.Add(pair.Pair.Id);
        }

        if (_seen.Count > 0)
        {
            Note(pair.Pair.Id, cohorts);
        }
    }

    private void AddRow(ulong anchor, ulong positive, string[] cohorts)
    {
        Rows++;
        WriteHash(_marks, anchor);
        WriteHash(_marks, positive);
        foreach (int place in _reading.Cohorts.Places)
        {
            WriteHash(_marks, HashOf(cohorts[place]));
        }
    }

    // What all rows together must have is known when the last block is written.
    private void Note(string id, string[] cohorts)
    {
        for (int a = 0; a < cohorts.Length; a++)
        {
            Known[a] |= cohorts[a] != CohortResolver.Unknown;
        }

        for (int w = 0; w < Without.Length; w++)
        {
            if (cohorts[_reading.Cohorts.Places[w]] == CohortResolver.Unknown)
            {
                Without[w].Add(id);
            }
        }
    }

    private int CombinationOf(string[] cohorts)
    {
        string key = string.Concat(cohorts.Select(c => FormattableString.Invariant($"{c.Length}:{c}")));
        if (!_combinations.TryGetValue(key, out int number))
        {
            _combinations.Add(key, number = _combinations.Count);
            foreach (string value in cohorts)
            {
                byte[] bytes = System.Text.Encoding.UTF8.GetBytes(value);
                WriteNumber(_cohorts, bytes.Length);
                _cohorts.Write(bytes);
            }
        }

        return number;
    }

    private bool AddText(string text, TextRole role, ulong words)
    {
        _ids.Clear();
        TokenBags.AddKnown(new TrainingText(text, role), _encoder.Tokenizer, _encoder.Options, _buffer, _ids);
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

            _used[id] = true;
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
