using System.Buffers;
using Nearfar.Pairs;

namespace Nearfar.Evaluation.Ranking;

/// <summary>Reads a plain, gzip or zstd file in blocks of whole lines, each cut where the first cell changes, for any number of threads.</summary>
/// <remarks>A block holds all neighbouring lines of a query, so that a query is finished where it is read. Thread-safe.</remarks>
internal sealed class TrecBlocks : IDisposable
{
    private const int LongestQuery = 1 << 30;
    private static readonly SearchValues<byte> s_spaces = SearchValues.Create(" \t\v\f\r\n"u8);
    private readonly string _path;
    private readonly Stream _source;
    private readonly Lock _lock = new();
    private byte[] _carried = [];
    private int _blocks;
    private bool _ended;

    public TrecBlocks(string path)
    {
        _path = path;
        _source = PackedFile.Open(path, RowReading.Default);
    }

    /// <summary>The file can be read again from its begin.</summary>
    public bool CanReadAgain => _source is not FileStream { CanSeek: false };

    /// <summary>The next block into a buffer, which grows as needed.</summary>
    /// <param name="buffer">The caller's own, kept from call to call.</param>
    /// <param name="length">Bytes of the block with one newline behind its content.</param>
    /// <returns>The block's place in the file, from 0; -1 at the end.</returns>
    /// <exception cref="NearfarException">The compressed stream is damaged, or a line or a query is too long to be one.</exception>
    public int Next(ref byte[] buffer, out int length)
    {
        lock (_lock)
        {
            length = 0;
            if (_ended)
            {
                return -1;
            }

            if (buffer.Length / 2 <= _carried.Length)
            {
                buffer = new byte[_carried.Length * 4];
            }

            _carried.CopyTo(buffer.AsSpan());
            int filled = _carried.Length;
            while (true)
            {
                filled += Fill(buffer.AsSpan(filled, buffer.Length - 2 - filled), filled == 0 && _blocks == 0);
                int cut = _ended ? filled : LastChange(buffer.AsSpan(0, filled));
                if (_ended || cut > 0)
                {
                    _carried = buffer[cut..filled];
                    length = Close(buffer, cut);
                    return length > 1 ? _blocks++ : -1;
                }

                Array.Resize(ref buffer, buffer.Length < LongestQuery ? buffer.Length * 2
                    : throw new NearfarException(_path, 0, "holds more than 1 GiB in a row that begins with the same cell; such a file is not a ranking."));
            }
        }
    }

    public void Dispose() => _source.Dispose();

    private int Fill(Span<byte> into, bool first)
    {
        int filled = 0;
        while (filled < into.Length)
        {
            int read = Read(into[filled..]);
            if (read == 0)
            {
                _ended = true;
                break;
            }

            filled += read;
        }

        if (first && into[..filled].StartsWith("\uFEFF"u8))
        {
            " \t "u8.CopyTo(into);      // a byte order mark is no part of the first id
        }

        return filled;
    }

    private int Read(Span<byte> into)
    {
        try
        {
            return _source.Read(into);
        }
        catch (InvalidDataException e)
        {
            throw new NearfarException(_path, 0, e.Message, e);
        }
    }

    // Ends the content with a newline, and puts one more behind it, at which the scanner stops without looking at its position.
    private static int Close(byte[] buffer, int cut)
    {
        if (cut > 0 && buffer[cut - 1] != '\n')
        {
            buffer[cut++] = (byte)'\n';
        }

        buffer[cut] = (byte)'\n';
        return cut + 1;
    }

    /// <summary>Start of the last whole line whose first cell differs from that of the line before it; 0 when none does.</summary>
    private static int LastChange(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.LastIndexOf((byte)'\n') + 1;
        ReadOnlySpan<byte> later = default;
        int laterStart = 0;
        while (end > 0)
        {
            int start = bytes[..(end - 1)].LastIndexOf((byte)'\n') + 1;
            var cell = FirstCell(bytes[start..end]);
            if (!cell.IsEmpty)
            {
                if (laterStart > 0 && !cell.SequenceEqual(later))
                {
                    return laterStart;
                }

                later = cell;
                laterStart = start;
            }

            end = start;
        }

        return 0;
    }

    private static ReadOnlySpan<byte> FirstCell(ReadOnlySpan<byte> line)
    {
        int start = line.IndexOfAnyExcept(s_spaces);
        var rest = start < 0 ? default : line[start..];
        int end = rest.IndexOfAny(s_spaces);
        return end < 0 ? rest : rest[..end];
    }
}
