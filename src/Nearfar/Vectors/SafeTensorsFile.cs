using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Nearfar.Vectors;

/// <summary>Reads safetensors: 8 bytes of little-endian header length, a JSON header, raw little-endian tensors.</summary>
/// <remarks>
/// Format: github.com/huggingface/safetensors. Refused with the reason: a header over 100 MB or behind the end, lengths that overflow,
/// gaps, overlaps, a data size that differs from shape times type, a truncated file. Not thread-safe.
/// </remarks>
public sealed class SafeTensorsFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly string _path;

    private SafeTensorsFile(FileStream stream, string path)
    {
        (_stream, _path) = (stream, path);
        var header = SafeTensorsHeader.Read(stream, path);
        (Tensors, Metadata, DataStart) = (header.Tensors, header.Metadata, header.DataStart);
    }

    /// <summary>By name, in order of their data.</summary>
    public IReadOnlyList<SafeTensor> Tensors { get; }

    /// <summary>The <c>__metadata__</c> map; empty when there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Maps the file: a tensor's bytes begin at <see cref="DataStart"/> + its start.</summary>
    internal MemoryMappedFile Map() => MemoryMappedFile.CreateFromFile(_stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);

    /// <summary>Where the header ends.</summary>
    internal long DataStart { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="NearfarException">Not a well-formed safetensors file.</exception>
    public static SafeTensorsFile Open(string path)
    {
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NearfarException(path, 0, $"cannot be opened: {e.Message}", e);
        }

        try
        {
            return new SafeTensorsFile(stream, path);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The tensor of a name, or null.</summary>
    /// <param name="name">Key in the header.</param>
    public SafeTensor? Find(string name) => Tensors.FirstOrDefault(t => t.Name == name);

    /// <summary>Decodes a tensor to float32: F32, F64, F16, BF16 by value, I8 and U8 as integers.</summary>
    /// <param name="tensor">Of this file.</param>
    /// <exception cref="NearfarException">A type that has no float32 reading, or a value that is not finite.</exception>
    public float[] ReadSingles(SafeTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Dtype == "F32" && BitConverter.IsLittleEndian && tensor.Count <= Array.MaxLength)
        {
            float[] direct = new float[tensor.Count];        // no second copy of what may be gigabytes
            _stream.Position = DataStart + tensor.Start;
            _stream.ReadExactly(MemoryMarshal.AsBytes(direct.AsSpan()));
            return Finite(tensor, direct);
        }

        byte[] bytes = ReadBytes(tensor);
        float[] values = new float[checked((int)tensor.Count)];
        switch (tensor.Dtype)
        {
            case "F32":
                for (int i = 0; i < values.Length; i++) { values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * 4)); }
                break;
            case "F64":
                for (int i = 0; i < values.Length; i++) { values[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(i * 8)); }
                break;
            case "F16":
                for (int i = 0; i < values.Length; i++) { values[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes.AsSpan(i * 2)); }
                break;
            case "BF16":
                for (int i = 0; i < values.Length; i++) { values[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(i * 2)) << 16); }
                break;
            case "I8":
                for (int i = 0; i < values.Length; i++) { values[i] = (sbyte)bytes[i]; }
                break;
            case "U8":
                for (int i = 0; i < values.Length; i++) { values[i] = bytes[i]; }
                break;
            default:
                throw Bad($"tensor \"{tensor.Name}\" has type {tensor.Dtype}; wanted F32, F64, F16, BF16, I8 or U8");
        }

        return Finite(tensor, values);
    }

    /// <summary>Reads a tensor of whole numbers.</summary>
    /// <param name="tensor">Of this file, type I64, I32 or I16.</param>
    /// <exception cref="NearfarException">Another type.</exception>
    public long[] ReadIntegers(SafeTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        byte[] bytes = ReadBytes(tensor);
        long[] values = new long[checked((int)tensor.Count)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = tensor.Dtype switch
            {
                "I64" => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(i * 8)),
                "I32" => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(i * 4)),
                "I16" => BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(i * 2)),
                _ => throw Bad($"tensor \"{tensor.Name}\" has type {tensor.Dtype}; wanted I64, I32 or I16"),
            };
        }

        return values;
    }

    /// <summary>The raw bytes of a tensor.</summary>
    /// <param name="tensor">Of this file, at most 2 GB.</param>
    public byte[] ReadBytes(SafeTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Length > Array.MaxLength)
        {
            throw Bad($"tensor \"{tensor.Name}\" has {tensor.Length} bytes; at most {Array.MaxLength} can be read in one piece");
        }

        byte[] bytes = new byte[tensor.Length];
        _stream.Position = DataStart + tensor.Start;
        _stream.ReadExactly(bytes);
        return bytes;
    }

    /// <inheritdoc />
    public void Dispose() => _stream.Dispose();

    /// <summary>Writes one float32 matrix with metadata, atomically; the data begins on a multiple of 64 bytes.</summary>
    internal static void WriteMatrix(string path, string name, Rows<float> rows, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        long bytes = (long)rows.Count * rows.Dimensions * sizeof(float);
        byte[] header = SafeTensorsHeader.ToBytes([new SafeTensor(name, "F32", [rows.Count, rows.Dimensions], 0, bytes)], metadata);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            byte[] buffer = new byte[rows.Dimensions * sizeof(float)];
            for (int i = 0; i < rows.Count; i++)
            {
                var row = rows[i];
                for (int j = 0; j < row.Length; j++)
                {
                    BinaryPrimitives.WriteSingleLittleEndian(buffer.AsSpan(j * 4), row[j]);
                }

                stream.Write(buffer);
            }
        });
    }

    private float[] Finite(SafeTensor tensor, float[] values)
    {
        int bad = Array.FindIndex(values, v => !float.IsFinite(v));
        return bad < 0 ? values : throw Bad($"tensor \"{tensor.Name}\" holds {values[bad]} at position {bad}; every value must be finite");
    }

    private NearfarException Bad(string message) => new(_path, 0, message + ".");
}
