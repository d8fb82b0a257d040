using System.IO.Compression;

namespace Nearfar.Pairs;

/// <summary>Gzip that knows when it was cut off or is a bomb; the framework's stream ends a truncated file as if it were whole.</summary>
/// <remarks>
/// Behind the file it is given one member more, which holds a mark. Members follow each other (RFC 1952, 2.2), so the mark comes out last
/// exactly when the file's own last member was complete; bytes of a member cut off are decoded with it and never give the mark.
/// </remarks>
internal sealed class GuardedGzip : GuardedStream
{
    private static readonly byte[] s_mark = [.. "\0nearfar: the end of the file\0nearfar: the end of the file\0"u8];
    private static readonly byte[] s_member = Pack(s_mark);

    private readonly GZipStream _gzip;
    private readonly byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;
    private bool _eof;

    public GuardedGzip(FileStream file, int maxExpansion) : base(file, maxExpansion) =>
        _gzip = new GZipStream(new MarkedSource(file), CompressionMode.Decompress);

    protected override string Packing => "gzip";

    protected override string Unpacker => "gunzip";

    protected override int Unpack(Span<byte> buffer)
    {
        while (!_eof && _end - _start <= s_mark.Length)
        {
            Fill();
        }

        // The last bytes are held back until it is known whether they are the mark.
        int read = Math.Min(buffer.Length, _end - _start - (_eof ? 0 : s_mark.Length));
        _buffer.AsSpan(_start, read).CopyTo(buffer);
        _start += read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        int read;
        try
        {
            read = _gzip.Read(_buffer.AsSpan(_end));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException(Damaged, e);
        }

        _end += read;
        if (read > 0)
        {
            return;
        }

        _eof = true;
        if (!_buffer.AsSpan(0, _end).EndsWith(s_mark))
        {
            throw new InvalidDataException(Damaged);
        }

        _end -= s_mark.Length;
    }

    private static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    /// <summary>The file, and the marked member in the same block as the file's last bytes: the decoder looks for a next member only there.</summary>
    private sealed class MarkedSource(FileStream file) : Stream
    {
        private bool _marked;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => file.Position; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            long left = file.Length - file.Position;
            if (_marked)
            {
                return 0;
            }

            if (left + s_member.Length > buffer.Length)
            {
                // All that fits, but never the last bytes without the mark.
                return file.Read(buffer[..(int)Math.Min(buffer.Length, Math.Max(1, left / 2))]);
            }

            file.ReadExactly(buffer[..(int)left]);
            s_member.CopyTo(buffer[(int)left..]);
            _marked = true;
            return (int)left + s_member.Length;
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
