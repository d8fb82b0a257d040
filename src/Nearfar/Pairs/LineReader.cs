namespace Nearfar.Pairs;

/// <summary>Lines of a plain, gzip or zstd file as bytes, in bounded memory. A line over the limit is passed over, never held.</summary>
internal sealed class LineReader : RowSource
{
    private readonly string _path;
    private readonly RowReading _reading;
    private readonly Stream _source;
    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;
    private bool _eof;

    public LineReader(string path, RowReading reading)
    {
        _path = path;
        _reading = reading;
        _source = PackedFile.Open(path, reading);
        try
        {
            Fill();
        }
        catch       // whatever it was goes on to the caller; nobody else could close the file
        {
            _source.Dispose();
            throw;
        }

        if (_buffer.AsSpan(0, _end).StartsWith("\uFEFF"u8))
        {
            _start = 3;
        }
    }

    public override bool Next(out ReadOnlySpan<byte> row)
    {
        bool tooLong = false;
        Trouble = null;
        int scanned = 0;
        while (true)
        {
            int newline = _buffer.AsSpan(_start + scanned, _end - _start - scanned).IndexOf((byte)'\n');
            int length = newline >= 0 ? scanned + newline : _end - _start;
            tooLong |= length > _reading.MaxLineBytes + 1; // one for a carriage return
            if (newline >= 0 || _eof)
            {
                return Take(length, newline >= 0, tooLong, out row);
            }

            if (tooLong)
            {
                _start = _end;
                length = 0;
            }

            scanned = length;
            Fill();
        }
    }

    protected override void Dispose(bool disposing) => _source.Dispose();

    private bool Take(int length, bool hasEnd, bool tooLong, out ReadOnlySpan<byte> row)
    {
        row = _buffer.AsSpan(_start, length);
        if (!hasEnd && length == 0 && !tooLong)
        {
            return false;
        }

        _start += length + (hasEnd ? 1 : 0);
        row = row.EndsWith((byte)'\r') ? row[..^1] : row;
        Line++;
        if (tooLong || row.Length > _reading.MaxLineBytes)
        {
            Trouble = $"the line is longer than {_reading.MaxLineBytes} bytes. Split the text, or raise the limit of the reader.";
            row = default;
        }

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
            long limit = Math.Max(_reading.MaxLineBytes + 3L, _buffer.Length + 1L);
            Array.Resize(ref _buffer, (int)(_buffer.Length * 4L > limit ? limit : _buffer.Length * 2L));
        }

        int read = Read(_buffer.AsSpan(_end));
        _eof = read == 0;
        _end += read;
    }

    private int Read(Span<byte> into)
    {
        try
        {
            return _source.Read(into);
        }
        catch (InvalidDataException e)
        {
            throw new NearfarException(_path, Line + 1, e.Message, e);
        }
    }
}
