using System.Text.Unicode;
using Nearfar.Pairs;

namespace Nearfar.Evaluation.Ranking;

/// <summary>All judgements, by query: ids as bytes in one array.</summary>
internal sealed class QueryPools
{
    private readonly Dictionary<string, List<PooledDocument>> _pools = new(StringComparer.Ordinal);
    private byte[] _bytes = new byte[1 << 16];
    private int _used;

    /// <summary>Ids of all documents, one behind the other.</summary>
    public byte[] Bytes => _bytes;

    /// <summary>By query, in the order of the file.</summary>
    public IReadOnlyDictionary<string, List<PooledDocument>> ByQuery => _pools;

    /// <summary>Reads <c>query 0 document grade</c>.</summary>
    /// <exception cref="NearfarException">An empty or damaged file, or bad lines: all in one message.</exception>
    public static QueryPools Read(string path, CancellationToken cancellationToken)
    {
        using var blocks = new TrecBlocks(path);
        var pools = new QueryPools();
        var problems = new TrecProblems(path);
        byte[] buffer = new byte[1 << 20];
        int lines = 0;
        for (int block; (block = blocks.Next(ref buffer, out int length)) >= 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var found = new List<(int, string)>();
            int read = pools.Read(buffer.AsSpan(0, length), lines, found);
            problems.AddBlock(block, read, found);
            lines += read;
        }

        problems.ThrowIfAny();
        pools.ThrowIfRepeated(path);
        return pools._pools.Count > 0 ? pools : throw new NearfarException(path, 0, TrecCells.Empty);
    }

    /// <summary>Judgements from memory.</summary>
    public static QueryPools Of(IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> judged)
    {
        var pools = new QueryPools();
        foreach (var (query, documents) in judged)
        {
            var pool = pools._pools[query] = new List<PooledDocument>(documents.Count);
            foreach (var (id, grade) in documents)
            {
                pool.Add(pools.Keep(System.Text.Encoding.UTF8.GetBytes(id), grade, 0));
            }
        }

        return pools;
    }

    private int Read(ReadOnlySpan<byte> block, int firstLine, List<(int, string)> problems)
    {
        var scanner = new TrecScanner(block);
        var line = default(TrecLine);
        bool valid = Utf8.IsValid(block);
        List<PooledDocument> pool = [];
        ReadOnlySpan<byte> query = default;
        while (scanner.Next(ref line))
        {
            string? problem = TrecCells.TryGrade(line, block, out int grade) ?? (valid ? null : TrecCells.NotUtf8(line, block));
            if (problem is not null)
            {
                problems.Add((line.Number, problem));
                continue;
            }

            if (!line.Cell(block, 0).SequenceEqual(query))
            {
                query = line.Cell(block, 0);
                string id = TrecCells.Text(query);
                pool = _pools.TryGetValue(id, out var known) ? known : _pools[id] = [];
            }

            pool.Add(Keep(line.Cell(block, 2), grade, firstLine + line.Number));
        }

        return scanner.Lines;
    }

    private PooledDocument Keep(ReadOnlySpan<byte> id, int grade, int line)
    {
        while (_used + id.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, checked(_bytes.Length * 2));
        }

        id.CopyTo(_bytes.AsSpan(_used));
        _used += id.Length;
        return new PooledDocument(_used - id.Length, id.Length, DocumentTable.Hash(id), grade, line);
    }

    private void ThrowIfRepeated(string path)
    {
        var problems = new ProblemList();
        var table = new DocumentTable();
        foreach (var (query, pool) in _pools)
        {
            table.Begin(_bytes, pool, again => problems.Add(path, again.Line + 1L, TrecCells.JudgedTwice(query, TrecCells.Text(_bytes.AsSpan(again.Start, again.Length)))));
        }

        problems.ThrowIfAny();
    }
}
