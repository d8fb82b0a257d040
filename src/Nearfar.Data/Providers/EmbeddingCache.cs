using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Nearfar.Vectors;

namespace Nearfar.Data.Providers;

/// <summary>Vectors of one space on disk by the hash of their text, so that no text is paid for twice.</summary>
/// <remarks>
/// A header, then records of one size, appended: key (16 bytes of SHA-256 of the text), D float32, checksum of both. What a killed process
/// left half-written has no valid checksum and is not read. One process at a time holds a file. Not thread-safe.
/// </remarks>
internal sealed class EmbeddingCache : IDisposable
{
    private const int HeaderBytes = 64;
    private const int SpaceBytes = 40;
    private static readonly byte[] s_magic = "NFCACHE1"u8.ToArray();
    private readonly FileStream _file;
    private readonly byte[] _record;
    private readonly Dictionary<UInt128, long> _offsets = [];

    private EmbeddingCache(FileStream file, int dimensions)
    {
        _file = file;
        Dimensions = dimensions;
        _record = new byte[16 + (dimensions * sizeof(float)) + 8];
    }

    public int Dimensions { get; }

    public int Count => _offsets.Count;

    /// <summary>Opens or makes the file.</summary>
    /// <exception cref="NearfarException">It is no cache, holds another space, or another process has it open.</exception>
    public static EmbeddingCache Open(string path, EmbeddingSpace space, int dimensions)
    {
        FileStream file;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NearfarException(path, 0, $"the cache of vectors cannot be opened: {e.Message} One process at a time uses it, and it must be writable.", e);
        }

        try
        {
            var cache = new EmbeddingCache(file, dimensions);
            cache.ReadHeader(path, space);
            cache.ReadRecords();
            return cache;
        }
        catch       // whatever it was goes on to the caller; the file would stay locked
        {
            file.Dispose();
            throw;
        }
    }

    public bool TryGet(string text, Span<float> vector)
    {
        if (!_offsets.TryGetValue(KeyOf(text), out long offset))
        {
            return false;
        }

        _file.Position = offset + 16;
        _file.ReadExactly(MemoryMarshal.AsBytes(vector));
        return true;
    }

    /// <summary>Appends vectors and hands them to the disk.</summary>
    public void Add(IReadOnlyList<(string Text, ReadOnlyMemory<float> Vector)> rows)
    {
        foreach (var (text, vector) in rows)
        {
            var key = KeyOf(text);
            BinaryPrimitives.WriteUInt128LittleEndian(_record, key);
            MemoryMarshal.AsBytes(vector.Span).CopyTo(_record.AsSpan(16));
            BinaryPrimitives.WriteUInt64LittleEndian(_record.AsSpan(_record.Length - 8), XxHash64.HashToUInt64(_record.AsSpan(0, _record.Length - 8)));
            _file.Position = _file.Length;
            _offsets[key] = _file.Position;
            _file.Write(_record);
        }

        _file.Flush(flushToDisk: true);
    }

    public void Dispose() => _file.Dispose();

    private static UInt128 KeyOf(string text) => BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    private void ReadHeader(string path, EmbeddingSpace space)
    {
        byte[] header = new byte[HeaderBytes];
        if (_file.Length < HeaderBytes)          // new, or its maker was killed before the first vector
        {
            s_magic.CopyTo(header, 0);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), Dimensions);
            System.Text.Encoding.UTF8.GetBytes(space.Id).AsSpan().CopyTo(header.AsSpan(HeaderBytes - SpaceBytes));
            _file.SetLength(0);
            _file.Write(header);
            _file.Flush(flushToDisk: true);
            return;
        }

        _file.Position = 0;
        _file.ReadExactly(header);
        if (!header.AsSpan(0, 8).SequenceEqual(s_magic))
        {
            throw new NearfarException(path, 0, "is no cache of vectors. Move it away; a new one is made.");
        }

        string id = System.Text.Encoding.UTF8.GetString(header.AsSpan(HeaderBytes - SpaceBytes)).TrimEnd('\0');
        EmbeddingSpace.ThrowUnlessSame(space, new EmbeddingSpace(id.Length == 0 ? "(none)" : id), $"The cache {path}", "Move the file away; a new one is made.");
        if (BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(8)) != Dimensions)
        {
            throw new NearfarException(path, 0, $"holds vectors of {BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(8))} values; space {space} has {Dimensions}. Move the file away; a new one is made.");
        }
    }

    private void ReadRecords()
    {
        _file.Position = HeaderBytes;
        long whole = (_file.Length - HeaderBytes) / _record.Length;
        for (long i = 0; i < whole; i++)
        {
            long offset = _file.Position;
            _file.ReadExactly(_record);
            if (XxHash64.HashToUInt64(_record.AsSpan(0, _record.Length - 8)) == BinaryPrimitives.ReadUInt64LittleEndian(_record.AsSpan(_record.Length - 8)))
            {
                _offsets[BinaryPrimitives.ReadUInt128LittleEndian(_record)] = offset;
            }
        }

        _file.SetLength(HeaderBytes + (whole * _record.Length));      // a torn tail would shift all that follows
    }
}
