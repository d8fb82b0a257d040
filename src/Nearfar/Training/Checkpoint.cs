using System.Buffers.Binary;
using System.IO.Hashing;

namespace Nearfar.Training;

/// <summary>All that a run needs to go on as if it had not stopped; one file, replaced atomically, its hash at the end.</summary>
internal sealed record Checkpoint
{
    private const string AnyMagic = "nearfar checkpoint ";
    private const string Magic = AnyMagic + "3";

    /// <summary>Options and hashes of data, start and held-out set, by name.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Identity { get; init; }

    /// <summary>Updates done.</summary>
    public required long Step { get; init; }

    /// <summary>0-based epoch of the next update.</summary>
    public required int Epoch { get; init; }

    /// <summary>Batches of that epoch that are done: with seed and epoch, the sampler's whole position.</summary>
    public required int BatchOfEpoch { get; init; }

    /// <summary>The best step so far.</summary>
    public required long BestStep { get; init; }

    public required HeldOutScore Best { get; init; }

    /// <summary>The last held-out score.</summary>
    public required HeldOutScore HeldOut { get; init; }

    /// <summary>Bytes of history that belong to the updates done.</summary>
    public required long HistoryLength { get; init; }

    /// <summary>What <see cref="ITrainableEncoder{TInput}.Save"/> wrote.</summary>
    public required ReadOnlyMemory<byte> Encoder { get; init; }

    /// <summary>Parameters of the best step.</summary>
    public required ReadOnlyMemory<byte> BestParameters { get; init; }

    /// <summary>Parameters of the loss with their optimiser state, and its other state.</summary>
    public required ReadOnlyMemory<byte> Loss { get; init; }

    /// <summary>The average of the parameters, as its owner wrote it; empty without one.</summary>
    public required ReadOnlyMemory<byte> Average { get; init; }

    /// <summary>The mined negatives in force and the mining under way, as their owner wrote them; empty without.</summary>
    public required ReadOnlyMemory<byte> Negatives { get; init; }

    /// <summary>Batches of the epoch under way, where they came from vectors that are gone by now; null where the sampler makes them again.</summary>
    public IReadOnlyList<int[]>? Batches { get; init; }

    public void Write(string path) => AtomicFile.Write(path, stream =>
    {
        var hashing = new HashingStream(stream);
        using (var writer = new BinaryWriter(hashing, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Magic);
            writer.Write(Identity.Count);
            foreach (var (name, value) in Identity)
            {
                writer.Write(name);
                writer.Write(value);
            }

            writer.Write(Step);
            writer.Write(Epoch);
            writer.Write(BatchOfEpoch);
            writer.Write(BestStep);
            Write(writer, Best);
            Write(writer, HeldOut);
            writer.Write(HistoryLength);
            Write(writer, Encoder);
            Write(writer, BestParameters);
            Write(writer, Loss);
            Write(writer, Average);
            Write(writer, Negatives);
            Write(writer, Batches);
        }

        stream.Write(hashing.Hash());
    });

    /// <exception cref="NearfarException">Not a checkpoint, of another version, or damaged.</exception>
    public static Checkpoint Read(string path)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            if (bytes.Length < 16 || !XxHash128.Hash(bytes.AsSpan(0, bytes.Length - 16)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - 16)))
            {
                throw new InvalidDataException("its hash does not match");
            }

            using var reader = new BinaryReader(new MemoryStream(bytes), System.Text.Encoding.UTF8);
            string magic = reader.ReadString();
            if (magic != Magic)
            {
                throw new InvalidDataException(magic.StartsWith(AnyMagic, StringComparison.Ordinal)
                    ? $"it is a \"{magic}\", of another version of Nearfar; this one reads \"{Magic}\""
                    : $"it does not begin with \"{Magic}\"");
            }

            var identity = new KeyValuePair<string, string>[reader.ReadInt32()];
            for (int i = 0; i < identity.Length; i++)
            {
                identity[i] = new(reader.ReadString(), reader.ReadString());
            }

            return new Checkpoint
            {
                Identity = identity,
                Step = reader.ReadInt64(),
                Epoch = reader.ReadInt32(),
                BatchOfEpoch = reader.ReadInt32(),
                BestStep = reader.ReadInt64(),
                Best = ReadScore(reader),
                HeldOut = ReadScore(reader),
                HistoryLength = reader.ReadInt64(),
                Encoder = ReadBytes(reader),
                BestParameters = ReadBytes(reader),
                Loss = ReadBytes(reader),
                Average = ReadBytes(reader),
                Negatives = ReadBytes(reader),
                Batches = ReadBatches(reader),
            };
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or OverflowException or ArgumentException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new NearfarException(path, 0, $"The checkpoint cannot be read: {e.Message}. Delete it to start again.", e);
        }
    }

    /// <summary>Refuses a checkpoint of other options or data; the message says what differs.</summary>
    /// <exception cref="NearfarException">Something differs.</exception>
    public void ThrowUnlessOf(IReadOnlyList<KeyValuePair<string, string>> identity, string path)
    {
        var now = identity.ToDictionary(StringComparer.Ordinal);
        var then = Identity.ToDictionary(StringComparer.Ordinal);
        var differences = now.Keys.Union(then.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Where(name => now.GetValueOrDefault(name) != then.GetValueOrDefault(name))
            .Select(name => $"{name}: {then.GetValueOrDefault(name, "(none)")} in the checkpoint, {now.GetValueOrDefault(name, "(none)")} now")
            .ToList();
        if (differences.Count > 0)
        {
            throw new NearfarException(path, 0, $"The checkpoint is of another run: {string.Join("; ", differences)}. Use the same options and data, or another folder.");
        }
    }

    private static void Write(BinaryWriter writer, HeldOutScore score)
    {
        writer.Write(score.Ndcg10);
        writer.Write(score.Margin.HasValue);
        writer.Write(score.Margin ?? 0);
    }

    private static void Write(BinaryWriter writer, ReadOnlyMemory<byte> bytes)
    {
        writer.Write(bytes.Length);
        writer.Write(bytes.Span);
    }

    private static void Write(BinaryWriter writer, IReadOnlyList<int[]>? batches)
    {
        writer.Write(batches?.Count ?? -1);
        foreach (int[] batch in batches ?? [])
        {
            writer.Write(batch.Length);
            foreach (int row in batch)
            {
                writer.Write(row);
            }
        }
    }

    private static int[][]? ReadBatches(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        if (count < 0)
        {
            return null;
        }

        int[][] batches = new int[count][];
        for (int b = 0; b < count; b++)
        {
            batches[b] = new int[reader.ReadInt32()];
            for (int i = 0; i < batches[b].Length; i++)
            {
                batches[b][i] = reader.ReadInt32();
            }
        }

        return batches;
    }

    private static HeldOutScore ReadScore(BinaryReader reader)
    {
        double ndcg = reader.ReadDouble();
        bool hasMargin = reader.ReadBoolean();
        double margin = reader.ReadDouble();
        return new HeldOutScore(ndcg, hasMargin ? margin : null);
    }

    private static byte[] ReadBytes(BinaryReader reader)
    {
        int length = reader.ReadInt32();
        byte[] bytes = reader.ReadBytes(length);
        return bytes.Length == length ? bytes : throw new EndOfStreamException("it ends early");
    }

    // Passes bytes on and hashes them.
    private sealed class HashingStream(Stream to) : Stream
    {
        private readonly XxHash128 _hash = new();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public byte[] Hash() => _hash.GetCurrentHash();

        public override void Flush() => to.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _hash.Append(buffer);
            to.Write(buffer);
        }
    }
}
