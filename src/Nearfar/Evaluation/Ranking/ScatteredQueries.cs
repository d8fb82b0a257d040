using System.Runtime.InteropServices;
using Nearfar.Search;

namespace Nearfar.Evaluation.Ranking;

/// <summary>Gathers the lines of some queries out of a run that does not keep them together.</summary>
internal sealed class ScatteredQueries(IEnumerable<string> ids)
{
    private readonly Dictionary<string, (MemoryStream Bytes, List<long> Lines)> _queries = ids.ToDictionary(id => id, _ => (new MemoryStream(), new List<long>()), StringComparer.Ordinal);
    private long _lines;

    /// <summary>Takes the lines of the next block of the file.</summary>
    public void Add(ReadOnlySpan<byte> block)
    {
        var scanner = new TrecScanner(block);
        var line = default(TrecLine);
        var lookup = _queries.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> id = stackalloc char[256];
        while (scanner.Next(ref line))
        {
            var cell = line.Cell(block, 0);
            ReadOnlySpan<char> text = cell.Length <= id.Length ? id[..System.Text.Encoding.UTF8.GetChars(cell, id)] : System.Text.Encoding.UTF8.GetString(cell);
            ref var query = ref CollectionsMarshal.GetValueRefOrNullRef(lookup, text);
            if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref query))
            {
                query.Bytes.Write(block[line.Starts[0]..(line.Starts[5] + line.Lengths[5])]);
                query.Bytes.WriteByte((byte)'\n');
                query.Lines.Add(_lines + line.Number + 1);
            }
        }

        _lines += scanner.Lines;
    }

    /// <summary>Each query with its lines as a block, in byte order of the ids.</summary>
    public IEnumerable<(string Id, byte[] Block, List<long> Lines)> All()
    {
        foreach (var (id, (bytes, lines)) in _queries.OrderBy(q => q.Key, Utf8Order.Ascending))
        {
            bytes.WriteByte((byte)'\n');
            yield return (id, bytes.ToArray(), lines);
        }
    }
}
