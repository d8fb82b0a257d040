using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Nearfar.Vectors;

/// <summary>A tensor of a safetensors file, as its header describes it.</summary>
/// <param name="Name">Key in the header.</param>
/// <param name="Dtype"><c>F32</c>, <c>F16</c>, <c>BF16</c>, <c>F64</c>, <c>I8</c>, <c>U8</c>, <c>I16</c>, <c>I32</c> or <c>I64</c>.</param>
/// <param name="Shape">Lengths of the axes; empty for a scalar.</param>
/// <param name="Start">First byte behind the header.</param>
/// <param name="Length">Bytes.</param>
public sealed record SafeTensor(string Name, string Dtype, IReadOnlyList<long> Shape, long Start, long Length)
{
    /// <summary>Product of the shape.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => checked(a * b));
}

/// <summary>Reads safetensors: 8 bytes of little-endian header length, a JSON header, raw little-endian tensors.</summary>
/// <remarks>
/// Format: github.com/huggingface/safetensors. Refused with the reason: a header over 100 MB or behind the end, lengths that overflow,
/// gaps, overlaps, a data size that differs from shape times type, a truncated file. Not thread-safe.
/// </remarks>
public sealed class SafeTensorsFile : IDisposable
{
    private const long MaxHeader = 100_000_000;
    private readonly FileStream _stream;
    private readonly string _path;
    private readonly long _dataStart;

    private SafeTensorsFile(FileStream stream, string path)
    {
        _stream = stream;
        _path = path;
        if (stream.Length < 8)
        {
            throw Bad($"a safetensors file begins with 8 bytes of header length; this one has {stream.Length} bytes in all");
        }

        Span<byte> lengthBytes = stackalloc byte[8];
        stream.ReadExactly(lengthBytes);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > MaxHeader || (long)length > stream.Length - 8)
        {
            throw Bad($"the header claims {length} bytes; the file has {stream.Length - 8} behind its first 8 and the limit is {MaxHeader}");
        }

        byte[] header = new byte[length];
        stream.ReadExactly(header);
        _dataStart = 8 + (long)length;
        (Tensors, Metadata) = ParseHeader(header);
        CheckLayout();
    }

    /// <summary>By name, in order of their data.</summary>
    public IReadOnlyList<SafeTensor> Tensors { get; }

    /// <summary>The <c>__metadata__</c> map; empty when there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Maps the file: a tensor's bytes begin at <see cref="DataStart"/> + its start.</summary>
    internal MemoryMappedFile Map() => MemoryMappedFile.CreateFromFile(_stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);

    /// <summary>Where the header ends.</summary>
    internal long DataStart => _dataStart;

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
            _stream.Position = _dataStart + tensor.Start;
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
        _stream.Position = _dataStart + tensor.Start;
        _stream.ReadExactly(bytes);
        return bytes;
    }

    /// <inheritdoc />
    public void Dispose() => _stream.Dispose();

    /// <summary>Writes one float32 matrix with metadata, atomically; the data begins on a multiple of 64 bytes.</summary>
    internal static void WriteMatrix(string path, string name, Rows<float> rows, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        long bytes = (long)rows.Count * rows.Dimensions * sizeof(float);
        byte[] header = Header([new SafeTensor(name, "F32", [rows.Count, rows.Dimensions], 0, bytes)], metadata);
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

    /// <summary>Length, JSON and padding, so that the data begins on a multiple of 64 bytes.</summary>
    internal static byte[] Header(IReadOnlyList<SafeTensor> tensors, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        using var stream = new MemoryStream();
        stream.Write(new byte[8]);
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Dtype);
                WriteNumbers(json, "shape", tensor.Shape);
                WriteNumbers(json, "data_offsets", [tensor.Start, tensor.Start + tensor.Length]);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        stream.Write("                                                               "u8[..(int)((64 - (stream.Length % 64)) % 64)]);
        byte[] header = stream.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - 8);
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var pairs = metadata.OrderBy(p => p.Key, StringComparer.Ordinal).ToArray();
        if (pairs.Length > 0)
        {
            json.WriteStartObject("__metadata__");
            foreach (var (key, value) in pairs)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (long number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static long SizeOf(string dtype) => dtype switch
    {
        "F64" or "I64" or "U64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "I8" or "U8" or "BOOL" => 1,
        _ => 0,
    };

    private float[] Finite(SafeTensor tensor, float[] values)
    {
        int bad = Array.FindIndex(values, v => !float.IsFinite(v));
        return bad < 0 ? values : throw Bad($"tensor \"{tensor.Name}\" holds {values[bad]} at position {bad}; every value must be finite");
    }

    private (IReadOnlyList<SafeTensor>, IReadOnlyDictionary<string, string>) ParseHeader(byte[] header)
    {
        var tensors = new List<SafeTensor>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(header, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            foreach (var entry in document.RootElement.EnumerateObject())
            {
                if (entry.Name == "__metadata__")
                {
                    foreach (var pair in entry.Value.EnumerateObject())
                    {
                        metadata[pair.Name] = pair.Value.GetString() ?? "";
                    }

                    continue;
                }

                var offsets = entry.Value.GetProperty("data_offsets");
                if (offsets.GetArrayLength() != 2)
                {
                    throw new FormatException($"data_offsets of \"{entry.Name}\" has {offsets.GetArrayLength()} numbers; wanted 2");
                }

                long start = offsets[0].GetInt64();
                tensors.Add(new SafeTensor(entry.Name, entry.Value.GetProperty("dtype").GetString() ?? "",
                    [.. entry.Value.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64())], start, offsets[1].GetInt64() - start));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            throw new NearfarException(_path, 0, $"the safetensors header is not what the format says: {e.Message}", e);
        }

        return ([.. tensors.OrderBy(t => t.Start).ThenBy(t => t.Length).ThenBy(t => t.Name, StringComparer.Ordinal)], metadata);
    }

    private void CheckLayout()
    {
        long end = 0;
        foreach (var tensor in Tensors)
        {
            long size = SizeOf(tensor.Dtype);
            if (size == 0)
            {
                throw Bad($"tensor \"{tensor.Name}\" has unknown type \"{tensor.Dtype}\"");
            }

            long wanted;
            try
            {
                if (tensor.Shape.Any(s => s < 0))
                {
                    throw new OverflowException();
                }

                wanted = checked(tensor.Count * size);
            }
            catch (OverflowException)
            {
                throw Bad($"the shape [{string.Join(", ", tensor.Shape)}] of tensor \"{tensor.Name}\" does not fit 64 bits");
            }

            if (tensor.Start != end || tensor.Length != wanted)
            {
                throw Bad($"tensor \"{tensor.Name}\" claims bytes {tensor.Start} to {tensor.Start + tensor.Length}; wanted {wanted} bytes from {end} on (no gaps, no overlaps)");
            }

            end += wanted;
            if (end > _stream.Length - _dataStart)
            {
                throw Bad($"tensor \"{tensor.Name}\" ends {end} bytes behind the header, the file after {_stream.Length - _dataStart}: it is truncated");
            }
        }

        if (_dataStart + end != _stream.Length)
        {
            throw Bad($"the tensors need {end} bytes behind the header, the file has {_stream.Length - _dataStart}: it has a foreign tail");
        }
    }

    private NearfarException Bad(string message) => new(_path, 0, message + ".");
}
