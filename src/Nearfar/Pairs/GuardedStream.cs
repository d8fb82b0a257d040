namespace Nearfar.Pairs;

/// <summary>The content of a compressed file, stopped where it grows like a bomb.</summary>
/// <param name="file">The compressed bytes; closed with the stream.</param>
/// <param name="maxExpansion">How many times larger than what was read of the file the content may be, once 64 MiB have come.</param>
internal abstract class GuardedStream(FileStream file, int maxExpansion) : Stream
{
    private const long ExpansionFloor = 64L << 20;

    private long _total;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => _total; set => throw new NotSupportedException(); }

    /// <summary>What the packing is called.</summary>
    protected abstract string Packing { get; }

    /// <summary>The command that unpacks it.</summary>
    protected abstract string Unpacker { get; }

    /// <summary>What is said of a stream that cannot be decoded to its end.</summary>
    protected string Damaged => $"the {Packing} stream is damaged or cut off here, or other bytes follow it. Fetch or compress the file again.";

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <exception cref="InvalidDataException">Damaged, cut off, or a bomb.</exception>
    public override int Read(Span<byte> buffer)
    {
        int read = Unpack(buffer);
        _total += read;
        return _total <= ExpansionFloor || _total / maxExpansion <= file.Position ? read
            : throw new InvalidDataException($"the {Packing} stream grows to more than {maxExpansion} times its size, as bombs do. If you trust it, decompress it with {Unpacker} and name the plain file.");
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>The next bytes of the content; 0 behind the last.</summary>
    /// <exception cref="InvalidDataException">Damaged or cut off.</exception>
    protected abstract int Unpack(Span<byte> buffer);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }
}
