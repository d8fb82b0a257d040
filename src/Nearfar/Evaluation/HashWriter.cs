using System.Buffers;
using System.Security.Cryptography;

namespace Nearfar.Evaluation;

/// <summary>Takes what is written into a SHA-256 and keeps none of it.</summary>
internal sealed class HashWriter : IBufferWriter<byte>, IDisposable
{
    private const int Least = 1 << 14;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _buffer = new byte[Least];

    public void Advance(int count) => _hash.AppendData(_buffer, 0, count);

    public Memory<byte> GetMemory(int sizeHint = 0) => Buffer(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => Buffer(sizeHint);

    /// <summary>64 hex digits of all that was written.</summary>
    public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();

    private byte[] Buffer(int least) => _buffer.Length >= least ? _buffer : _buffer = new byte[least];
}
