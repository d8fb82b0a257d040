using System.Text.Unicode;
using Nearfar.Pairs;

namespace Nearfar.Evaluation.Ranking;

/// <summary>Reads a run file with several threads and scores each query where its lines end. Used once.</summary>
internal sealed class RunReading(string path, QueryPools pools, RankingOptions options, IReadOnlyList<RankingMeasure> measures)
{
    private const int BlockBytes = 1 << 21;
    private readonly Lock _lock = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<string> _scattered = new(StringComparer.Ordinal);

    /// <summary>Judged queries of the run.</summary>
    public Dictionary<string, RankedQuery> Queries { get; } = new(StringComparer.Ordinal);

    /// <summary>Last cell of the first line.</summary>
    public string Tag { get; private set; } = "";

    public void Read(int threads, CancellationToken cancellationToken)
    {
        bool again;
        var problems = new TrecProblems(path);
        using (var blocks = new TrecBlocks(path))
        {
            again = blocks.CanReadAgain;
            Task[] readers = [.. Enumerable.Range(0, threads).Select(_ => Task.Run(() => ReadBlocks(blocks, problems, cancellationToken), CancellationToken.None))];
            Task.WhenAll(readers).GetAwaiter().GetResult();         // the first error as it was thrown
        }

        problems.ThrowIfAny();
        if (_seen.Count == 0)
        {
            throw new NearfarException(path, 0, TrecCells.Empty);
        }

        if (_scattered.Count > 0 && !again)
        {
            throw new NearfarException(path, 0, "does not keep the lines of each query together, and cannot be read twice. Write it to a file first.");
        }

        if (_scattered.Count > 0)
        {
            ReadScattered(cancellationToken);
        }
    }

    private void ReadBlocks(TrecBlocks blocks, TrecProblems problems, CancellationToken cancellationToken)
    {
        var ranker = new QueryRanker(options, measures, pools.Bytes);
        byte[] buffer = new byte[BlockBytes];
        for (int block; (block = blocks.Next(ref buffer, out int length)) >= 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var found = new List<(int, string)>();
            problems.AddBlock(block, ScoreBlock(ranker, buffer, length, block == 0, found), found);
        }
    }

    // Each stretch of lines of one query; returns the lines.
    private int ScoreBlock(QueryRanker ranker, byte[] buffer, int length, bool first, List<(int, string)> problems)
    {
        var block = buffer.AsSpan(0, length);
        var scanner = new TrecScanner(block);
        var line = default(TrecLine);
        bool valid = Utf8.IsValid(block);
        ReadOnlySpan<byte> query = default;
        while (scanner.Next(ref line))
        {
            string? problem = TrecCells.TryScore(line, block, out double score) ?? (valid ? null : TrecCells.NotUtf8(line, block));
            if (problem is not null)
            {
                problems.Add((line.Number, problem));
                continue;
            }

            var id = line.Cell(block, 0);
            if (!id.SequenceEqual(query))
            {
                Finish(ranker, query, buffer);
                query = id;
                ranker.Begin(PoolOf(id));
                if (first)
                {
                    first = false;
                    Tag = TrecCells.Text(line.Cell(block, 5));
                }
            }

            if (Enter(ranker, line, block, score) is { } trouble)
            {
                problems.Add((line.Number, trouble));
            }
        }

        Finish(ranker, query, buffer);
        return scanner.Lines;
    }

    private string? Enter(QueryRanker ranker, in TrecLine line, ReadOnlySpan<byte> block, double score)
    {
        if (!ScoreRule.TryHold(score, options, out double held))
        {
            return $"score \"{TrecCells.Text(line.Cell(block, 4))}\" is beyond float32, as trec_eval 9 holds it. Scale the scores down, or hold them as float64 (--compat trec10).";
        }

        if (options.IgnoreIdenticalIds && line.Cell(block, 2).SequenceEqual(line.Cell(block, 0)))
        {
            return null;
        }

        return ranker.Documents.TryAdd(block, line.Starts[2], line.Lengths[2], held) ? null
            : TrecCells.Twice(TrecCells.Text(line.Cell(block, 0)), TrecCells.Text(line.Cell(block, 2)));
    }

    private List<PooledDocument>? PoolOf(ReadOnlySpan<byte> query) => pools.ByQuery.TryGetValue(TrecCells.Text(query), out var pool) ? pool : null;

    private void Finish(QueryRanker ranker, ReadOnlySpan<byte> query, byte[] buffer)
    {
        if (query.IsEmpty)
        {
            return;
        }

        string id = TrecCells.Text(query);
        var scored = pools.ByQuery.ContainsKey(id) ? ranker.Score(id, buffer) : null;
        lock (_lock)
        {
            if (!_seen.Add(id))
            {
                _scattered.Add(id);
            }
            else if (scored is not null)
            {
                Queries.Add(id, scored);
            }
        }
    }

    // Queries whose lines do not stand together: their lines are gathered first.
    private void ReadScattered(CancellationToken cancellationToken)
    {
        var gathered = new ScatteredQueries(_scattered);
        using (var blocks = new TrecBlocks(path))
        {
            byte[] buffer = new byte[BlockBytes];
            while (blocks.Next(ref buffer, out int length) >= 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                gathered.Add(buffer.AsSpan(0, length));
            }
        }

        var problems = new ProblemList();
        var ranker = new QueryRanker(options, measures, pools.Bytes);
        foreach (var (id, bytes, lines) in gathered.All())
        {
            var found = new List<(int Line, string Message)>();
            _seen.Remove(id);
            Queries.Remove(id);
            ScoreBlock(ranker, bytes, bytes.Length, first: false, found);
            found.ForEach(p => problems.Add(path, lines[p.Line], p.Message));
        }

        problems.ThrowIfAny();
    }
}
