using System.IO.Hashing;
using Nearfar.Encoding;
using Nearfar.Text;

namespace Nearfar.Training.Streaming;

/// <summary>The pairs of a stream as tokens, in one file that any block of 256 pairs can be read out of: made once by a pass over the stream, part of the run's folder.</summary>
/// <remarks>
/// Gzip has no way into its middle, and tokenising anew in each epoch costs more than a step; so the file's words are read once. In memory there are 28 bytes a
/// block. A block, and the index at the file's end, are refused unless their hashes match. Not thread-safe.
/// </remarks>
internal sealed class PairSpool : IDisposable
{
    private const string Magic = "nearfar pairs 1";
    private const int ReadAhead = 16;                        // blocks that are tokenised together
    private const int MostCharacters = 16 << 20;             // of them
    private readonly FileStream _file;
    private readonly string _path;
    private readonly Block[] _blocks;

    private PairSpool(FileStream file, string path, Block[] blocks, int[] vocabulary, IReadOnlyList<string> leftOut)
    {
        (_file, _path, _blocks, Vocabulary, LeftOut) = (file, path, blocks, vocabulary, leftOut);
        Rows = blocks.Sum(b => (long)b.Rows);
        Pairs = blocks.Sum(b => (long)b.Pairs);
    }

    private readonly record struct Block(long Offset, int Length, int Rows, int Pairs, ulong Hash);

    public int Blocks => _blocks.Length;

    public long Pairs { get; }

    /// <summary>Rows whose texts both have a known token.</summary>
    public long Rows { get; }

    /// <summary>Token ids that occur, ascending.</summary>
    public int[] Vocabulary { get; }

    /// <summary>Ids of pairs of which a row is left out.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>Bytes of a block.</summary>
    public int LengthOf(int block) => _blocks[block].Length;

    public int RowsOf(int block) => _blocks[block].Rows;

    /// <summary>Opens what an earlier start of the run left, or reads the stream.</summary>
    /// <param name="path">The spool.</param>
    /// <param name="stream">The pairs.</param>
    /// <param name="start">Tokenizer, prompts and cut.</param>
    /// <param name="negatives">Whether hard negatives are kept.</param>
    /// <param name="threads">That tokenise; no byte depends on it.</param>
    /// <param name="maxTokens">Of <see cref="TrainingOptions.MaxTokens"/>.</param>
    /// <param name="cancellationToken">Stops the pass.</param>
    /// <exception cref="NearfarException">Bad rows, tokens above the encoder's limit, or the spool cannot be written or read.</exception>
    public static PairSpool Open(string path, StreamedPairs stream, StaticStart start, bool negatives, int threads, int? maxTokens, CancellationToken cancellationToken)
    {
        var reading = start.Reading(maxTokens);
        string key = FormattableString.Invariant($"{stream.Hash} {start.Hash} {(negatives ? "negatives" : "pairs")}{(maxTokens is { } tokens ? $" {tokens} tokens" : "")}");
        if (File.Exists(path) && TryOpen(path, key) is { } known)
        {
            return known;
        }

        try
        {
            AtomicFile.Write(path, to => Write(to, key, stream, reading, negatives, threads, cancellationToken));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NearfarException(path, 0, $"cannot be written: {e.Message} A streamed run keeps its pairs there as tokens, about half of what the text takes unpacked. Make room and start again.", e);
        }

        return TryOpen(path, key) ?? throw new NearfarException(path, 0, "cannot be read after it was written. Check the disk.");
    }

    /// <summary>The marks of a block's rows: anchor and positive, row after row.</summary>
    public ulong[] MarksOf(int block)
    {
        var reader = new SpoolReader(Read(block, marksAlone: true));
        ulong[] marks = new ulong[2 * _blocks[block].Rows];
        for (int i = 0; i < marks.Length; i++)
        {
            marks[i] = reader.Hash();
        }

        return marks;
    }

    /// <summary>The pairs of a block, behind its marks, and how many.</summary>
    public (byte[] Bytes, int Pairs) PairsOf(int block) => (Read(block, marksAlone: false), _blocks[block].Pairs);

    public void Dispose() => _file.Dispose();

    // The hash is of the whole block; of marks alone it is checked when the block is trained on.
    private byte[] Read(int number, bool marksAlone)
    {
        var block = _blocks[number];
        int marks = 16 * block.Rows;
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

    private static void Write(Stream to, string key, StreamedPairs stream, (ITokenizer Tokenizer, StaticEncoderOptions Options) reading, bool negatives, int threads, CancellationToken cancellationToken)
    {
        var blocks = new List<Block>();
        var leftOut = new List<string>();
        bool[] used = new bool[reading.Tokenizer.VocabularySize];
        long offset = 0;
        foreach (var pairs in Chunks(stream.Read()))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var made = new SpoolBlock[(pairs.Length + StreamOptions.BlockPairs - 1) / StreamOptions.BlockPairs];
            Parallel.For(0, made.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, b =>
            {
                int first = b * StreamOptions.BlockPairs;
                made[b] = SpoolBlock.Of(pairs.AsSpan(first, Math.Min(StreamOptions.BlockPairs, pairs.Length - first)), reading, negatives, used);
            });
            for (int b = 0; b < made.Length; b++)
            {
                byte[] bytes = made[b].Bytes();
                to.Write(bytes);
                blocks.Add(new Block(offset, bytes.Length, made[b].Rows, Math.Min(StreamOptions.BlockPairs, pairs.Length - (b * StreamOptions.BlockPairs)), XxHash3.HashToUInt64(bytes)));
                leftOut.AddRange(made[b].LeftOut);
                offset += bytes.Length;
            }
        }

        byte[] index = IndexOf(key, blocks, used, leftOut);
        to.Write(index);
        to.Write(XxHash3.Hash(index));
        to.Write(BitConverter.GetBytes((long)index.Length));
    }

    // Whole blocks that are tokenised side by side; long texts come fewer at a time.
    private static IEnumerable<PairTexts[]> Chunks(IEnumerable<PairTexts> pairs)
    {
        var chunk = new List<PairTexts>();
        long characters = 0;
        foreach (var pair in pairs)
        {
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

    private static byte[] IndexOf(string key, List<Block> blocks, bool[] used, List<string> leftOut)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Magic);
            writer.Write(key);
            writer.Write(blocks.Count);
            foreach (var block in blocks)
            {
                writer.Write(block.Offset);
                writer.Write(block.Length);
                writer.Write(block.Rows);
                writer.Write(block.Pairs);
                writer.Write(block.Hash);
            }

            writer.Write(used.Length);
            foreach (bool one in used)
            {
                writer.Write(one);
            }

            writer.Write(leftOut.Count);
            foreach (string id in leftOut)
            {
                writer.Write(id);
            }
        }

        return stream.ToArray();
    }

    // Null for a spool of other pairs, of another tokenizer or cut off: it is made again.
    private static PairSpool? TryOpen(string path, string key)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
        try
        {
            if (ReadIndex(file) is not { } index)
            {
                file.Dispose();
                return null;
            }

            using var reader = new BinaryReader(new MemoryStream(index), System.Text.Encoding.UTF8);
            if (reader.ReadString() != Magic || reader.ReadString() != key)
            {
                file.Dispose();
                return null;
            }

            var blocks = new Block[reader.ReadInt32()];
            for (int b = 0; b < blocks.Length; b++)
            {
                blocks[b] = new Block(reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadUInt64());
            }

            int vocabulary = reader.ReadInt32();
            int[] used = [.. Enumerable.Range(0, vocabulary).Where(_ => reader.ReadBoolean())];
            string[] leftOut = new string[reader.ReadInt32()];
            for (int i = 0; i < leftOut.Length; i++)
            {
                leftOut[i] = reader.ReadString();
            }

            return new PairSpool(file, path, blocks, used, leftOut);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static byte[]? ReadIndex(FileStream file)
    {
        byte[] end = new byte[16];
        if (file.Length < end.Length)
        {
            return null;
        }

        file.Position = file.Length - end.Length;
        file.ReadExactly(end);
        long length = BitConverter.ToInt64(end, 8);
        if (length < 0 || length > Math.Min(file.Length - end.Length, Array.MaxLength))
        {
            return null;
        }

        byte[] index = new byte[length];
        file.Position = file.Length - end.Length - length;
        file.ReadExactly(index);
        return XxHash3.Hash(index).AsSpan().SequenceEqual(end.AsSpan(0, 8)) ? index : null;
    }
}
