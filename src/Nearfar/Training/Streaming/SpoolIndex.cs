using System.IO.Hashing;

namespace Nearfar.Training.Streaming;

/// <summary>The end of a spool: where each block is, and what is known of all of them together. Refused unless its hash matches.</summary>
internal sealed record SpoolIndex
{
    // Another number for another form: a spool of an older one is made anew.
    private const string Magic = "nearfar pairs 2";

    /// <summary>In the order of the file; those of one data set stand together.</summary>
    public required IReadOnlyList<Block> Blocks { get; init; }

    /// <summary>By token id: whether it occurs.</summary>
    public required bool[] Used { get; init; }

    /// <summary>Ids of pairs of which a row is left out.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>By attribute: whether a readable row has a value.</summary>
    public required bool[] Known { get; init; }

    /// <summary>By attribute that is asked for: how many pairs have no value, and ids of the first ones.</summary>
    public required IReadOnlyList<(int Count, IReadOnlyList<string> Ids)> Without { get; init; }

    /// <summary>Hash of the values that are asked for, row after row; <c>none</c> where none are.</summary>
    public required string Cohorts { get; init; }

    /// <summary>A block: where it begins, its bytes, readable rows, pairs, the place of its data set, its hash.</summary>
    internal readonly record struct Block(long Offset, int Length, int Rows, int Pairs, int Set, ulong Hash);

    /// <summary>Writes it at the end of a spool.</summary>
    /// <param name="to">Behind the last block.</param>
    /// <param name="key">What the spool was made of.</param>
    public void Write(Stream to, string key)
    {
        byte[] index = Bytes(key);
        to.Write(index);
        to.Write(XxHash3.Hash(index));
        to.Write(BitConverter.GetBytes((long)index.Length));
    }

    /// <summary>Reads it; null for a spool of other pairs, of another tokenizer, of an older form or cut off.</summary>
    public static SpoolIndex? Read(FileStream file, string key)
    {
        if (BytesOf(file) is not { } index)
        {
            return null;
        }

        using var reader = new BinaryReader(new MemoryStream(index), System.Text.Encoding.UTF8);
        return reader.ReadString() != Magic || reader.ReadString() != key ? null : new SpoolIndex
        {
            Blocks = Many(reader, r => new Block(r.ReadInt64(), r.ReadInt32(), r.ReadInt32(), r.ReadInt32(), r.ReadInt32(), r.ReadUInt64())),
            Used = Many(reader, r => r.ReadBoolean()),
            LeftOut = Many(reader, r => r.ReadString()),
            Known = Many(reader, r => r.ReadBoolean()),
            Without = Many(reader, r => (r.ReadInt32(), (IReadOnlyList<string>)Many(r, s => s.ReadString()))),
            Cohorts = reader.ReadString(),
        };
    }

    private byte[] Bytes(string key)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Magic);
            writer.Write(key);
            Many(writer, Blocks, Write);
            Many(writer, Used, (w, used) => w.Write(used));
            Many(writer, LeftOut, (w, id) => w.Write(id));
            Many(writer, Known, (w, known) => w.Write(known));
            Many(writer, Without, (w, without) =>
            {
                w.Write(without.Count);
                Many(w, without.Ids, (v, id) => v.Write(id));
            });
            writer.Write(Cohorts);
        }

        return stream.ToArray();
    }

    private static void Write(BinaryWriter writer, Block block)
    {
        writer.Write(block.Offset);
        writer.Write(block.Length);
        writer.Write(block.Rows);
        writer.Write(block.Pairs);
        writer.Write(block.Set);
        writer.Write(block.Hash);
    }

    private static void Many<T>(BinaryWriter writer, IReadOnlyList<T> values, Action<BinaryWriter, T> write)
    {
        writer.Write(values.Count);
        foreach (var value in values)
        {
            write(writer, value);
        }
    }

    private static T[] Many<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        var values = new T[reader.ReadInt32()];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = read(reader);
        }

        return values;
    }

    private static byte[]? BytesOf(FileStream file)
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
