using System.IO.Compression;

namespace Nearfar.Pairs;

/// <summary>Lines of a plain or gzip file as bytes, in bounded memory. A line over the limit is passed over, never held.</summary>
internal sealed class LineReader : IDisposable
{
    private const long ExpansionFloor = 64L << 20;
    private readonly string _path;
    private readonly RowReading _reading;
    private readonly FileStream _file;
    private readonly Stream _source;
    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;
    private long _total;
    private bool _eof;

    public LineReader(string path, RowReading reading)
    {
        _path = path;
        _reading = reading;
        if (!File.Exists(path))
        {
            throw new NearfarException(path, 0, Directory.Exists(path) ? "is a folder; a file is wanted here." : "no such file. Check the path in nearfar.yaml or on the command line.");
        }

        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 << 10);
        try
        {
            _source = Unpack();
            Fill();
        }
        catch
        {
            _file.Dispose();
            throw;
        }

        if (_buffer.AsSpan(0, _end).StartsWith("\uFEFF"u8))
        {
            _start = 3;
        }
    }

    /// <summary>1-based number of the line last returned.</summary>
    public long Line { get; private set; }

    /// <summary>Whether the line last returned was over the limit; it is then empty.</summary>
    public bool TooLong { get; private set; }

    /// <summary>The next line without its end; false behind the last. The bytes are valid until the next call.</summary>
    public bool Next(out ReadOnlySpan<byte> line)
    {
        TooLong = false;
        int scanned = 0;
        while (true)
        {
            int newline = _buffer.AsSpan(_start + scanned, _end - _start - scanned).IndexOf((byte)'\n');
            int length = newline >= 0 ? scanned + newline : _end - _start;
            TooLong |= length > _reading.MaxLineBytes + 1; // one for a carriage return
            if (newline >= 0 || _eof)
            {
                return Take(length, newline >= 0, out line);
            }

            if (TooLong)
            {
                _start = _end;
                length = 0;
            }

            scanned = length;
            Fill();
        }
    }

    public void Dispose()
    {
        _source.Dispose();
        _file.Dispose();
    }

    private bool Take(int length, bool hasEnd, out ReadOnlySpan<byte> line)
    {
        line = _buffer.AsSpan(_start, length);
        if (!hasEnd && length == 0 && !TooLong)
        {
            return false;
        }

        _start += length + (hasEnd ? 1 : 0);
        line = line.EndsWith((byte)'\r') ? line[..^1] : line;
        TooLong |= line.Length > _reading.MaxLineBytes;
        line = TooLong ? default : line;
        Line++;
        return true;
    }

    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, (int)Math.Min(_buffer.Length * 2L, Math.Max(_reading.MaxLineBytes + 3L, _buffer.Length + 1L)));
        }

        int read = Read(_buffer.AsSpan(_end));
        _eof = read == 0;
        _end += read;
        _total += read;
        if (_source != _file && _total > ExpansionFloor && _total / _reading.MaxExpansion > _file.Position)
        {
            throw new NearfarException(_path, Line + 1, $"expands to more than {_reading.MaxExpansion} times its size, as gzip bombs do. If you trust it, decompress it with gunzip and name the plain file.");
        }
    }

    private int Read(Span<byte> into)
    {
        try
        {
            return _source.Read(into);
        }
        catch (InvalidDataException e)
        {
            throw new NearfarException(_path, Line + 1, "the gzip stream is damaged or cut off here. Fetch or compress the file again.", e);
        }
    }

    private Stream Unpack()
    {
        Span<byte> magic = stackalloc byte[6];
        int count = _file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        magic = magic[..count];
        _file.Position = 0;
        if (magic.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            return new GZipStream(_file, CompressionMode.Decompress, leaveOpen: true);
        }

        string? refused = magic switch
        {
            [0x28, 0xB5, 0x2F, 0xFD, ..] => "is compressed with zstd, which is not read. Decompress it with zstd -d, or compress it with gzip.",
            [0xFD, 0x37, 0x7A, 0x58, 0x5A, ..] => "is compressed with xz, which is not read. Decompress it with xz -d, or compress it with gzip.",
            [0x42, 0x5A, 0x68, ..] => "is compressed with bzip2, which is not read. Decompress it with bzip2 -d, or compress it with gzip.",
            [0x50, 0x4B, 0x03, 0x04, ..] => "is a zip archive, which is not read. Unpack it and name the file inside.",
            [0x50, 0x41, 0x52, 0x31, ..] => "is a Parquet file, which is not read. Write it as JSONL or CSV.",
            [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] => "is written in UTF-16; UTF-8 is wanted. Convert it with iconv -f UTF-16 -t UTF-8.",
            _ => null,
        };
        return refused is null ? _file : throw new NearfarException(_path, 0, refused);
    }
}
