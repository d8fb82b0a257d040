using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Nearfar.Vectors;

/// <summary>
/// Writes vectors and their ids in parts, so that a set larger than memory can be written: <c>NAME.safetensors</c> and <c>NAME.ids.jsonl</c>
/// appear together when <see cref="Complete"/> is called, and not at all otherwise. Not thread-safe.
/// </summary>
public sealed class VectorFileWriter : IDisposable
{
    internal const string IdsHashKey = "ids_sha256";
    private readonly string _path;
    private readonly string _temporary;
    private readonly string _temporaryIds;
    private readonly FileStream _stream;
    private readonly FileStream _ids;
    private readonly Utf8JsonWriter _json;
    private readonly IncrementalHash _idsHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly System.Buffers.ArrayBufferWriter<byte> _idBuffer = new();
    private readonly VectorFileOptions _options;
    private readonly int _count;
    private readonly int _dimensions;
    private readonly byte[] _row;
    private readonly byte[]? _present;      // only where a zero row cannot be seen in the codes
    private int _written;
    private bool _complete;

    /// <param name="path">Ends with <c>.safetensors</c>.</param>
    /// <param name="space">The float32 space of the rows that come; the file's own is <see cref="Space"/>.</param>
    /// <param name="count">Rows that will come, N.</param>
    /// <param name="dimensions">D, at least 1.</param>
    /// <param name="options">Null: float32.</param>
    /// <exception cref="ArgumentException">Int8 without ranges, ranges of other dimensions, or ranges without Int8.</exception>
    public VectorFileWriter(string path, EmbeddingSpace space, int count, int dimensions, VectorFileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(space);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        _options = options ?? new VectorFileOptions();
        if (_options.Type == VectorType.Int8 != (_options.Ranges is not null) || (_options.Ranges is { } ranges && ranges.Start.Count != dimensions))
        {
            throw new ArgumentException($"{_options.Type} vectors of {dimensions} dimensions with {(_options.Ranges is null ? "no ranges" : $"ranges of {_options.Ranges.Start.Count}")}: wanted ranges of every dimension for Int8, and for Int8 alone.", nameof(options));
        }

        (_path, _count, _dimensions) = (path, count, dimensions);
        Space = VectorFile.SpaceOf(space, _options.Type, _options.Ranges);
        _row = new byte[VectorFile.RowBytes(_options.Type, dimensions)];
        _present = _options.Type is VectorType.Int8 or VectorType.Binary ? new byte[BitCode.Length(count)] : null;
        _temporary = AtomicFile.Prepare(path);
        _temporaryIds = AtomicFile.Prepare(IdFile.PathOf(path));
        _stream = new FileStream(_temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        _ids = new FileStream(_temporaryIds, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        _json = new Utf8JsonWriter(_idBuffer, new JsonWriterOptions { SkipValidation = true });
        _stream.Write(Header(new string('0', 64)));
    }

    /// <summary>The space of the vectors as they are stored.</summary>
    public EmbeddingSpace Space { get; }

    /// <summary>The next rows.</summary>
    /// <param name="ids">One a row; unique in the file, which is checked when it is read.</param>
    /// <param name="rows">[N, D], finite; a zero row means that the text had no known token.</param>
    /// <exception cref="NearfarException">A value that is not finite, or too large for float16; the message names the id.</exception>
    /// <exception cref="ArgumentException">Counts or dimensions differ, or more rows than were announced.</exception>
    public void Write(IReadOnlyList<string> ids, Rows<float> rows)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentOutOfRangeException.ThrowIfNotEqual(ids.Count, rows.Count, nameof(ids));
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Dimensions, _dimensions, nameof(rows));
        if (rows.Count > _count - _written)
        {
            throw new ArgumentException($"{_written + rows.Count} rows; {_count} were announced.", nameof(rows));
        }

        for (int i = 0; i < rows.Count; i++)
        {
            WriteRow(ids[i], rows[i]);
            WriteId(ids[i]);
            _written++;
        }
    }

    /// <summary>Puts both files in place: ids first, and the vectors know their hash, so that a pair torn by a crash is refused.</summary>
    /// <exception cref="InvalidOperationException">Fewer rows than were announced.</exception>
    public void Complete()
    {
        if (_written != _count)
        {
            throw new InvalidOperationException($"{_written} rows were written; {_count} were announced.");
        }

        if (_options.Ranges is { } ranges)
        {
            _stream.Write(ranges.ToBytes());
        }

        if (_present is not null)
        {
            _stream.Write(_present);
        }

        _stream.Position = 0;
        _stream.Write(Header(Convert.ToHexStringLower(_idsHash.GetHashAndReset())));      // as long as the first, whose hash was zeros
        _stream.Flush(flushToDisk: true);
        _ids.Flush(flushToDisk: true);
        _stream.Dispose();
        _ids.Dispose();
        File.Move(_temporaryIds, IdFile.PathOf(_path), overwrite: true);
        File.Move(_temporary, _path, overwrite: true);
        _complete = true;
    }

    /// <summary>Removes what was written, unless it is complete.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        _ids.Dispose();
        _json.Dispose();
        _idsHash.Dispose();
        if (!_complete)
        {
            File.Delete(_temporary);
            File.Delete(_temporaryIds);
        }
    }

    private byte[] Header(string idsHash)
    {
        long length = (long)_count * _row.Length;
        var tensors = new List<SafeTensor> { new(VectorFile.TensorName, VectorFile.DtypeOf(_options.Type), [_count, _options.Type == VectorType.Binary ? _row.Length : _dimensions], 0, length) };
        foreach (string name in _options.Ranges is null ? Array.Empty<string>() : [VectorFile.StartName, VectorFile.StepName])
        {
            tensors.Add(new SafeTensor(name, "F32", [_dimensions], length, _dimensions * sizeof(float)));
            length += _dimensions * sizeof(float);
        }

        if (_present is not null)
        {
            tensors.Add(new SafeTensor(VectorFile.PresentName, "U8", [_present.Length], length, _present.Length));
        }

        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["space"] = Space.Id,
            ["count"] = _count.ToString(CultureInfo.InvariantCulture),
            ["dimensions"] = _dimensions.ToString(CultureInfo.InvariantCulture),
            ["dtype"] = _options.Type == VectorType.Binary ? VectorFile.BinaryName : VectorFile.DtypeOf(_options.Type),
            [IdsHashKey] = idsHash,
        };
        if (Space.Parent is { } parent)
        {
            metadata["parent_space"] = parent.Id;
        }

        if ((_options.Model ?? Space.Label) is { } label)
        {
            metadata["model"] = label;
        }

        return SafeTensorsHeader.ToBytes(tensors, metadata);
    }

    private void WriteRow(string id, ReadOnlySpan<float> row)
    {
        if (!System.Numerics.Tensors.TensorPrimitives.IsFiniteAll(row))
        {
            throw new NearfarException($"The vector of \"{id}\" in space {Space} holds NaN or infinity. Mend the encoder; such a vector is never compared.");
        }

        switch (_options.Type)
        {
            case VectorType.Single:
                for (int d = 0; d < row.Length; d++) { BinaryPrimitives.WriteSingleLittleEndian(_row.AsSpan(d * 4), row[d]); }
                break;
            case VectorType.Half:
                WriteHalf(id, row);
                break;
            case VectorType.Int8:
                _options.Ranges!.Encode(row, MemoryMarshal.Cast<byte, sbyte>(_row.AsSpan()));
                break;
            default:
                BitCode.Encode(row, _row);
                break;
        }

        if (_present is not null && row.ContainsAnyExcept(0f))
        {
            _present[_written >> 3] |= (byte)(0x80 >> (_written & 7));
        }

        _stream.Write(_row);
    }

    private void WriteHalf(string id, ReadOnlySpan<float> row)
    {
        for (int d = 0; d < row.Length; d++)
        {
            var half = (Half)row[d];
            if (!Half.IsFinite(half))
            {
                throw new NearfarException($"The vector of \"{id}\" holds {row[d]}, too large for float16 (65504). Write float32, or normalise the rows.");
            }

            BinaryPrimitives.WriteHalfLittleEndian(_row.AsSpan(d * 2), half);
        }
    }

    private void WriteId(string id)
    {
        _idBuffer.ResetWrittenCount();
        _json.Reset();
        _json.WriteStringValue(id);
        _json.Flush();
        _ids.Write(_idBuffer.WrittenSpan);
        _ids.WriteByte((byte)'\n');
        _idsHash.AppendData(_idBuffer.WrittenSpan);
        _idsHash.AppendData("\n"u8);
    }
}
