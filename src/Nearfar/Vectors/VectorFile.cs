using System.Buffers;
using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Nearfar.Vectors;

/// <summary>Vectors in a file, memory-mapped: rows are read where they lie, and decoded one at a time. Reading is thread-safe.</summary>
/// <remarks>Format: docs/formats/vectors.md. A file that is cut short while it is open ends the process, so write files anew, never in place.</remarks>
public sealed unsafe class VectorFile : IDisposable
{
    internal const string TensorName = "vectors";
    internal const string StartName = "start";
    internal const string StepName = "step";
    internal const string PresentName = "present";
    internal const string BinaryName = "binary";
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly SafeTensorsFile _file;
    private readonly int _rowBytes;
    private readonly long _start;
    private readonly byte[]? _present;

    private VectorFile(SafeTensorsFile file, string path)
    {
        _file = file;
        Path = path;
        string space = file.Metadata.GetValueOrDefault("space") is { } id && !string.IsNullOrWhiteSpace(id) ? id
            : throw new NearfarException(path, 0, "the metadata has no \"space\": vectors of an unknown space are never compared. Write them with: nearfar embed");
        var tensor = file.Find(TensorName) ?? throw new NearfarException(path, 0, $"wanted a tensor \"{TensorName}\", found {string.Join(", ", file.Tensors.Select(t => t.Name))}.");
        if (tensor.Shape is not [>= 0 and <= int.MaxValue, >= 1 and <= int.MaxValue])
        {
            throw new NearfarException(path, 0, $"\"{TensorName}\" must have two axes [N, D], D at least 1, has [{string.Join(", ", tensor.Shape)}].");
        }

        Count = (int)tensor.Shape[0];
        Type = TypeOf(tensor);
        Dimensions = Type == VectorType.Binary ? BitsOf(tensor) : (int)tensor.Shape[1];
        _rowBytes = (int)checked(tensor.Shape[1] * (Type == VectorType.Single ? 4 : Type == VectorType.Half ? 2 : 1));
        Ranges = Type == VectorType.Int8 ? ReadRanges() : null;
        _present = Type is VectorType.Int8 or VectorType.Binary ? ReadPresent() : null;
        string? parent = file.Metadata.GetValueOrDefault("parent_space");
        Space = new EmbeddingSpace(space) { Label = file.Metadata.GetValueOrDefault("model"), Parent = string.IsNullOrWhiteSpace(parent) ? null : new EmbeddingSpace(parent) { Label = file.Metadata.GetValueOrDefault("model") } };
        CheckSpace();
        Ids = ReadIds();
        _start = file.DataStart + tensor.Start;
        if (tensor.Length > 0)
        {
            _map = file.Map();
            _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The space of the vectors as they are stored; of a quantisation its parent is known.</summary>
    public EmbeddingSpace Space { get; }

    /// <summary>How values are stored.</summary>
    public VectorType Type { get; }

    /// <summary>Rows, N.</summary>
    public int Count { get; }

    /// <summary>D.</summary>
    public int Dimensions { get; }

    /// <summary>Ids by row, unique.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>Ranges of int8 codes; null for the other types.</summary>
    public Int8Ranges? Ranges { get; }

    /// <summary>Opens a file and its ids, and checks everything but the values.</summary>
    /// <param name="path">The <c>.safetensors</c> file.</param>
    /// <exception cref="NearfarException">Broken file, no space id, a type that is none of <see cref="VectorType"/>, or ids that do not fit.</exception>
    public static VectorFile Open(string path)
    {
        var file = SafeTensorsFile.Open(path);
        try
        {
            return new VectorFile(file, path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Decodes a row. A row without a vector is zero, whatever its codes.</summary>
    /// <param name="row">0-based.</param>
    /// <param name="into">Receives [D].</param>
    /// <exception cref="NearfarException">A value that is not finite; the message names the id.</exception>
    public void Read(int row, Span<float> into)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
        ArgumentOutOfRangeException.ThrowIfNotEqual(into.Length, Dimensions, nameof(into));
        byte* pointer = null;
        _view!.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        try
        {
            Decode(row, new ReadOnlySpan<byte>(pointer + _view.PointerOffset + _start + ((long)row * _rowBytes), _rowBytes), into);
        }
        finally
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    /// <summary>Decodes all rows into memory.</summary>
    /// <exception cref="NearfarException">A value that is not finite, or more than 2^31 values.</exception>
    public VectorSet ToSet()
    {
        var rows = Rows.Allocate<float>(Count, Fits() ? Dimensions : 0);
        for (int i = 0; i < Count; i++)
        {
            Read(i, rows[i]);
        }

        return new VectorSet(Space, Ids, rows);
    }

    /// <summary>Writes the vectors anew as int8, by the ranges of all of them, a row at a time.</summary>
    /// <param name="path">Another <c>.safetensors</c> file.</param>
    /// <param name="cancellationToken">Stops between rows; nothing is left then.</param>
    /// <returns>The space of the int8 vectors.</returns>
    public EmbeddingSpace Quantise(string path, CancellationToken cancellationToken = default)
    {
        var row = Rows.Allocate<float>(1, Dimensions);
        var range = new RangeOfRows(Dimensions);
        for (int i = 0; i < Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Read(i, row[0]);
            range.Add(row[0]);
        }

        using var writer = new VectorFileWriter(path, Space, Count, Dimensions, new VectorFileOptions { Type = VectorType.Int8, Ranges = range.ToRanges() });
        for (int i = 0; i < Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Read(i, row[0]);
            writer.Write([Ids[i]], row);
        }

        writer.Complete();
        return writer.Space;
    }

    /// <summary>The float32 rows where they lie: nothing is copied. They stay readable after this object is disposed, as long as they are used.</summary>
    internal VectorSet MapSet() => Type == VectorType.Single && BitConverter.IsLittleEndian && Count > 0 && Fits()
        ? new VectorSet(Space, Ids, new Rows<float>(new MappedMemory<float>(_map!, _start, Count * Dimensions).Memory, Count, Dimensions, Dimensions), isChecked: false)
        : ToSet();

    /// <summary>The codes where they lie, [N, bytes of a row].</summary>
    internal Memory<byte> MapCodes() => Count == 0 ? Memory<byte>.Empty
        : (long)Count * _rowBytes <= Array.MaxLength ? new MappedMemory<byte>(_map!, _start, Count * _rowBytes).Memory
        : throw new NearfarException(Path, 0, $"{Count} rows of {_rowBytes} bytes; at most {Array.MaxLength} bytes can be searched in one piece. Split the set.");

    /// <summary>Whether a row has a vector; for codes alone, in which zero cannot be seen.</summary>
    internal bool IsPresent(int row) => _present is null || BitCode.IsSet(_present, row);

    /// <summary>Another file's hash of the ids can be compared with this.</summary>
    internal string? IdsHash => _file.Metadata.GetValueOrDefault(VectorFileWriter.IdsHashKey);

    /// <inheritdoc />
    public void Dispose()
    {
        _view?.Dispose();
        _map?.Dispose();
        _file.Dispose();
    }

    internal static string DtypeOf(VectorType type) => type switch { VectorType.Single => "F32", VectorType.Half => "F16", VectorType.Int8 => "I8", _ => "U8" };

    internal static int RowBytes(VectorType type, int dimensions) =>
        type switch { VectorType.Single => checked(dimensions * 4), VectorType.Half => checked(dimensions * 2), VectorType.Int8 => dimensions, _ => BitCode.Length(dimensions) };

    /// <summary>The space that rows of <paramref name="space"/> are in once they are stored.</summary>
    internal static EmbeddingSpace SpaceOf(EmbeddingSpace space, VectorType type, Int8Ranges? ranges) => type switch
    {
        VectorType.Single => space,
        VectorType.Half => space.Quantised("f16;"u8),
        VectorType.Int8 => space.Quantised([.. "int8;"u8, .. ranges!.ToBytes()]),
        _ => space.Quantised("binary;"u8),
    };

    private VectorType TypeOf(SafeTensor tensor) => (tensor.Dtype, _file.Metadata.GetValueOrDefault("dtype")) switch
    {
        ("F32", _) => VectorType.Single,
        ("F16", _) => VectorType.Half,
        ("I8", _) => VectorType.Int8,
        ("U8", BinaryName) => VectorType.Binary,
        var (dtype, said) => throw new NearfarException(Path, 0, $"\"{TensorName}\" has type {dtype}, dtype \"{said}\" in the metadata; wanted F32, F16, I8 with its ranges, or U8 with dtype \"{BinaryName}\". Write them with: nearfar embed"),
    };

    private int BitsOf(SafeTensor tensor) =>
        int.TryParse(_file.Metadata.GetValueOrDefault("dimensions"), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int dimensions)
            && dimensions >= 1 && (dimensions + 7L) / 8 == tensor.Shape[1]
            ? dimensions
            : throw new NearfarException(Path, 0, $"binary rows of {tensor.Shape[1]} bytes with \"{_file.Metadata.GetValueOrDefault("dimensions")}\" dimensions in the metadata; wanted {(tensor.Shape[1] * 8) - 7} to {tensor.Shape[1] * 8}.");

    private Int8Ranges ReadRanges() => Int8Ranges.From(ReadRange(StartName), ReadRange(StepName), $"in {Path}");

    private float[] ReadRange(string name) => _file.Find(name) is { Dtype: "F32" } tensor && tensor.Shape.Count == 1 && tensor.Shape[0] == Dimensions
        ? _file.ReadSingles(tensor)
        : throw new NearfarException(Path, 0, $"int8 vectors want a float32 tensor \"{name}\" of {Dimensions} values; without it codes mean nothing. Write them with: nearfar embed --dtype int8");

    private byte[] ReadPresent() => _file.Find(PresentName) is { Dtype: "U8" } tensor && tensor.Shape.Count == 1 && tensor.Shape[0] == BitCode.Length(Count)
        ? _file.ReadBytes(tensor)
        : throw new NearfarException(Path, 0, $"codes want a U8 tensor \"{PresentName}\" of {BitCode.Length(Count)} bytes that says which rows have a vector. Write them with: nearfar embed");

    // The identity of a quantisation follows from its parent: a file that claims otherwise holds codes of other ranges.
    private void CheckSpace()
    {
        if (Type == VectorType.Single)
        {
            return;
        }

        if (Space.Parent is not { } parent)
        {
            throw new NearfarException(Path, 0, $"{DtypeOf(Type)} vectors want \"parent_space\" in the metadata, the space of the queries that may be compared with them. Write them with: nearfar embed");
        }

        var wanted = SpaceOf(parent, Type, Ranges);
        if (!wanted.Equals(Space))
        {
            throw new NearfarException(Path, 0, $"says space {Space}, but this quantisation of {parent} is {wanted}: ranges and codes do not belong together. Write them again: nearfar embed");
        }
    }

    private string[] ReadIds()
    {
        var (ids, hash) = IdFile.Read(Path);
        if (ids.Length != Count || (IdsHash is { } wanted && hash != wanted))
        {
            throw new NearfarException(IdFile.PathOf(Path), 0, $"{ids.Length} ids for {Count} vectors, or other ids than were written with them: {Path} and this file do not belong together. Write both again: nearfar embed");
        }

        IdFile.Places(ids, ids.Length, IdFile.PathOf(Path));
        return ids;
    }

    private void Decode(int row, ReadOnlySpan<byte> bytes, Span<float> into)
    {
        switch (Type)
        {
            case VectorType.Single:
                for (int d = 0; d < into.Length; d++) { into[d] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(d * 4)..]); }
                break;
            case VectorType.Half:
                for (int d = 0; d < into.Length; d++) { into[d] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(d * 2)..]); }
                break;
            default:
                if (!IsPresent(row)) { into.Clear(); }
                else if (Type == VectorType.Int8) { Ranges!.Decode(MemoryMarshal.Cast<byte, sbyte>(bytes), into); }
                else { BitCode.Decode(bytes, into); }
                break;
        }

        if (!System.Numerics.Tensors.TensorPrimitives.IsFiniteAll<float>(into))
        {
            throw new NearfarException(Path, 0, $"the vector of \"{Ids[row]}\" holds NaN or infinity. Write it again; such a vector is never compared.");
        }
    }

    private bool Fits() => (long)Count * Dimensions <= Array.MaxLength ? true
        : throw new NearfarException(Path, 0, $"{Count} vectors of {Dimensions} dimensions; at most {Array.MaxLength} values can be searched in one piece. Split the set.");
}
