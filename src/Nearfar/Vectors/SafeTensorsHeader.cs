using System.Buffers.Binary;
using System.Text.Json;

namespace Nearfar.Vectors;

/// <summary>The header of a safetensors file: which tensors it holds, and where.</summary>
internal sealed class SafeTensorsHeader
{
    private const long Most = 100_000_000;

    private SafeTensorsHeader(byte[] header, string path)
    {
        DataStart = 8 + header.Length;
        (Tensors, Metadata) = Parse(header, path);
    }

    /// <summary>In order of their data.</summary>
    public IReadOnlyList<SafeTensor> Tensors { get; }

    /// <summary>The <c>__metadata__</c> map; empty when there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Where the header ends.</summary>
    public long DataStart { get; }

    /// <summary>Reads and checks the header of a file.</summary>
    /// <param name="stream">At its beginning.</param>
    /// <param name="path">For messages.</param>
    /// <exception cref="NearfarException">Not what the format says, or not what the file holds.</exception>
    public static SafeTensorsHeader Read(FileStream stream, string path)
    {
        if (stream.Length < 8)
        {
            throw Bad(path, $"a safetensors file begins with 8 bytes of header length; this one has {stream.Length} bytes in all");
        }

        Span<byte> lengthBytes = stackalloc byte[8];
        stream.ReadExactly(lengthBytes);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > Most || (long)length > stream.Length - 8)
        {
            throw Bad(path, $"the header claims {length} bytes; the file has {stream.Length - 8} behind its first 8 and the limit is {Most}");
        }

        byte[] bytes = new byte[length];
        stream.ReadExactly(bytes);
        var header = new SafeTensorsHeader(bytes, path);
        header.CheckLayout(stream.Length, path);
        return header;
    }

    /// <summary>Length, JSON and padding, so that the data begins on a multiple of 64 bytes.</summary>
    public static byte[] ToBytes(IReadOnlyList<SafeTensor> tensors, IEnumerable<KeyValuePair<string, string>> metadata)
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

    private static (IReadOnlyList<SafeTensor>, IReadOnlyDictionary<string, string>) Parse(byte[] header, string path)
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
            throw new NearfarException(path, 0, $"the safetensors header is not what the format says: {e.Message}", e);
        }

        return ([.. tensors.OrderBy(t => t.Start).ThenBy(t => t.Length).ThenBy(t => t.Name, StringComparer.Ordinal)], metadata);
    }

    private void CheckLayout(long length, string path)
    {
        long end = 0;
        foreach (var tensor in Tensors)
        {
            long size = SizeOf(tensor.Dtype);
            if (size == 0)
            {
                throw Bad(path, $"tensor \"{tensor.Name}\" has unknown type \"{tensor.Dtype}\"");
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
                throw Bad(path, $"the shape [{string.Join(", ", tensor.Shape)}] of tensor \"{tensor.Name}\" does not fit 64 bits");
            }

            if (tensor.Start != end || tensor.Length != wanted)
            {
                throw Bad(path, $"tensor \"{tensor.Name}\" claims bytes {tensor.Start} to {tensor.Start + tensor.Length}; wanted {wanted} bytes from {end} on (no gaps, no overlaps)");
            }

            end += wanted;
            if (end > length - DataStart)
            {
                throw Bad(path, $"tensor \"{tensor.Name}\" ends {end} bytes behind the header, the file after {length - DataStart}: it is truncated");
            }
        }

        if (DataStart + end != length)
        {
            throw Bad(path, $"the tensors need {end} bytes behind the header, the file has {length - DataStart}: it has a foreign tail");
        }
    }

    private static long SizeOf(string dtype) => dtype switch
    {
        "F64" or "I64" or "U64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "I8" or "U8" or "BOOL" => 1,
        _ => 0,
    };

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

    private static NearfarException Bad(string path, string message) => new(path, 0, message + ".");
}
