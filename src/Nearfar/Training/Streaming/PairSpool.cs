using System.IO.Hashing;
using System.Security.Cryptography;
using Nearfar.Encoding;
using Nearfar.Text;

namespace Nearfar.Training.Streaming;

/// <summary>The pairs of a stream as tokens, in one file that any block of 256 pairs can be read out of: made once by a pass over the stream, part of the run's folder.</summary>
/// <remarks>
/// Gzip has no way into its middle, and tokenising anew in each epoch costs more than a step; so the file's words are read once. In memory there are 40 bytes a
/// block. A block, and the index at the file's end, are refused unless their hashes match. A block holds pairs of one data set. Not thread-safe.
/// </remarks>
internal sealed class PairSpool : IDisposable
{
    private const int ReadAhead = 16;                        // blocks that are tokenised together
    private const int MostCharacters = 16 << 20;             // of them
    private readonly FileStream _file;
    private readonly string _path;
    private readonly IReadOnlyList<SpoolIndex.Block> _blocks;

    private PairSpool(FileStream file, string path, SpoolIndex index, StreamCohorts cohorts)
    {
        (_file, _path, _blocks, Index, Cohorts) = (file, path, index.Blocks, index, cohorts);
        Vocabulary = [.. Enumerable.Range(0, index.Used.Length).Where(id => index.Used[id])];
        Rows = _blocks.Sum(b => (long)b.Rows);
        Pairs = _blocks.Sum(b => (long)b.Pairs);
    }

    public int Blocks => _blocks.Count;

    /// <summary>What is known of all blocks together.</summary>
    public SpoolIndex Index { get; }

    /// <summary>The cohorts whose values are kept.</summary>
    public StreamCohorts Cohorts { get; }

    public long Pairs { get; }

    /// <summary>Rows whose texts both have a known token.</summary>
    public long Rows { get; }

    /// <summary>Token ids that occur, ascending.</summary>
    public int[] Vocabulary { get; }

    /// <summary>Hashes of a row's marks: anchor, positive, and each cohort value that is asked for.</summary>
    public int MarksOfRow => 2 + Cohorts.Wanted.Count;

    /// <summary>Bytes of a block.</summary>
    public int LengthOf(int block) => _blocks[block].Length;

    public int RowsOf(int block) => _blocks[block].Rows;

    /// <summary>The data set of a block, by place.</summary>
    public int SetOf(int block) => _blocks[block].Set;

    /// <summary>Opens what an earlier start of the run left, or reads the stream.</summary>
    /// <param name="path">The spool.</param>
    /// <param name="stream">The pairs.</param>
    /// <param name="start">Tokenizer, prompts and cut.</param>
    /// <param name="kept">What of the pairs.</param>
    /// <param name="cancellationToken">Stops the pass.</param>
    /// <exception cref="NearfarException">Bad rows, tokens above the encoder's limit, or the spool cannot be written or read.</exception>
    public static PairSpool Open(string path, StreamedPairs stream, StaticStart start, SpoolReading kept, CancellationToken cancellationToken)
    {
        var encoder = start.Reading(kept.MaxTokens);
        string key = FormattableString.Invariant($"{stream.Hash} {start.Hash} {(kept.Negatives ? "negatives" : "pairs")}{(kept.MaxTokens is { } tokens ? $" {tokens} tokens" : "")} cohorts {kept.Cohorts.Key}");
        if (File.Exists(path) && TryOpen(path, key, kept.Cohorts) is { } known)
        {
            return known;
        }

        try
        {
            AtomicFile.Write(path, to => Write(to, stream, encoder, kept, cancellationToken).Write(to, key));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NearfarException(path, 0, $"cannot be written: {e.Message} A streamed run keeps its pairs there as tokens, about half of what the text takes unpacked. Make room and start again.", e);
        }

        return TryOpen(path, key, kept.Cohorts) ?? throw new NearfarException(path, 0, "cannot be read after it was written. Check the disk.");
    }

    /// <summary>The marks of a block's rows, <see cref="MarksOfRow"/> of each, row after row.</summary>
    public ulong[] MarksOf(int block)
    {
        var reader = new SpoolReader(Read(block, marksAlone: true));
        ulong[] marks = new ulong[MarksOfRow * _blocks[block].Rows];
        for (int i = 0; i < marks.Length; i++)
        {
            marks[i] = reader.Hash();
        }

        return marks;
    }

    /// <summary>The cohorts and pairs of a block, behind its marks, and how many pairs.</summary>
    public (byte[] Bytes, int Pairs) PairsOf(int block) => (Read(block, marksAlone: false), _blocks[block].Pairs);

    public void Dispose() => _file.Dispose();

    // The hash is of the whole block; of marks alone it is checked when the block is trained on.
    private byte[] Read(int number, bool marksAlone)
    {
        var block = _blocks[number];
        int marks = 8 * MarksOfRow * block.Rows;
        byte[] bytes = new byte[marksAlone ? marks : block.Length];
        try
        {
            _file.Position = block.Offset;
            _file.ReadExactly(bytes);
        }
        catch (IOException e)
        {
            throw Damaged(e.Message, e);
        }

        if (!marksAlone && XxHash3.HashToUInt64(bytes) != block.Hash)
        {
            throw Damaged($"the hash of block {number} does not match");
        }

        return marksAlone ? bytes : bytes[marks..];
    }

    private NearfarException Damaged(string what, Exception? inner = null) =>
        new(_path, 0, $"The pairs as tokens cannot be read: {what}. Delete the file and go on with --resume: it is made again from the pairs.", inner);

    private static SpoolIndex Write(Stream to, StreamedPairs stream, (ITokenizer Tokenizer, StaticEncoderOptions Options) encoder, SpoolReading kept, CancellationToken cancellationToken)
    {
        var blocks = new List<SpoolIndex.Block>();
        var leftOut = new List<string>();
        bool[] used = new bool[encoder.Tokenizer.VocabularySize], known = new bool[kept.Cohorts.Attributes.Length];
        var without = kept.Cohorts.Wanted.Select(_ => (Count: 0, Ids: (IReadOnlyList<string>)[])).ToArray();
        using var values = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long offset = 0;
        foreach (var pairs in Chunks(stream.Read()))
        {
            cancellationToken.ThrowIfCancellationRequested();
            (PairTexts Pair, string[] Cohorts)[] resolved = [.. pairs.Select(p => (p, kept.Cohorts.Of(p)))];     // one after the other, so that the first bad value is the one that is named
            var made = new SpoolBlock[(pairs.Length + StreamOptions.BlockPairs - 1) / StreamOptions.BlockPairs];
            Parallel.For(0, made.Length, new ParallelOptions { MaxDegreeOfParallelism = kept.Threads }, b =>
                made[b] = SpoolBlock.Of(resolved.AsSpan(b * StreamOptions.BlockPairs, CountOf(b)), kept, encoder, used));
            for (int b = 0; b < made.Length; b++)
            {
                byte[] bytes = made[b].Bytes();
                to.Write(bytes);
                blocks.Add(new SpoolIndex.Block(offset, bytes.Length, made[b].Rows, CountOf(b), pairs[0].Set, XxHash3.HashToUInt64(bytes)));
                leftOut.AddRange(made[b].LeftOut);
                known = [.. known.Zip(made[b].Known, (x, y) => x || y)];
                without = [.. without.Zip(made[b].Without, (x, y) => (x.Count + y.Count, (IReadOnlyList<string>)[.. x.Ids.Concat(y).Take(5)]))];
                values.AppendData(made[b].Marks);
                offset += bytes.Length;
            }

            int CountOf(int b) => Math.Min(StreamOptions.BlockPairs, pairs.Length - (b * StreamOptions.BlockPairs));
        }

        string cohorts = without.Length == 0 ? "none" : Convert.ToHexStringLower(values.GetHashAndReset());
        return new SpoolIndex { Blocks = blocks, Used = used, LeftOut = leftOut, Known = known, Without = without, Cohorts = cohorts };
    }

    // Whole blocks of one data set that are tokenised side by side; long texts come fewer at a time.
    private static IEnumerable<PairTexts[]> Chunks(IEnumerable<PairTexts> pairs)
    {
        var chunk = new List<PairTexts>();
        long characters = 0;
        foreach (var pair in pairs)
        {
            if (chunk.Count > 0 && chunk[0].Set != pair.Set)
            {
                yield return [.. chunk];
                chunk.Clear();
                characters = 0;
            }

            chunk.Add(pair);
            characters += pair.Pair.Query.Length + pair.Positives.Sum(t => (long)t.Length) + pair.HardNegatives.Sum(t => (long)t.Length);
            if (chunk.Count == ReadAhead * StreamOptions.BlockPairs || (characters > MostCharacters && chunk.Count % StreamOptions.BlockPairs == 0))
            {
                yield return [.. chunk];
                chunk.Clear();
                characters = 0;
            }
        }

        if (chunk.Count > 0)
        {
            yield return [.. chunk];
        }
    }

    // Null where what is there is no spool of this run: it is made again.
    private static PairSpool? TryOpen(string path, string key, StreamCohorts cohorts)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
        try
        {
            if (SpoolIndex.Read(file, key) is { } index)
            {
                return new PairSpool(file, path, index, cohorts);
            }

            file.Dispose();
            return null;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
