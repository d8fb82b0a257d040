using Nearfar.Gating.Sets;
using Nearfar.Pairs;

namespace Nearfar.Data;

/// <summary>The rows of all sets as read, inline texts merged into one corpus, and what was wrong with them.</summary>
internal sealed class WorkspaceRows
{
    public required Corpus Corpus { get; init; }

    /// <summary>Line of a corpus document in the corpus file; 0 for one that stood inline.</summary>
    public required IReadOnlyList<long> CorpusLines { get; init; }

    public RowSet<Pair>? Train { get; init; }

    public RowSet<Pair>? Dev { get; init; }

    /// <summary>The gate's questions: the newest frozen version, else the file's rows.</summary>
    public RowSet<Pair>? Gate { get; init; }

    /// <summary>The rows of the gate's file, from which the next version is frozen.</summary>
    public RowSet<Pair>? GateDraft { get; init; }

    /// <summary>The newest frozen version, if any.</summary>
    public FrozenGateSet? Frozen { get; init; }

    public required ProblemList Problems { get; init; }

    public IEnumerable<Pair> All => (Train?.Rows ?? []).Concat(Dev?.Rows ?? []).Concat(Gate?.Rows ?? []);

    /// <summary>Reads every set; a problem does not stop the next file.</summary>
    /// <param name="data">Where they lie.</param>
    /// <param name="streams">Whether training reads its pairs itself: they are left on the disk.</param>
    public static WorkspaceRows Read(DataSettings data, bool streams = false)
    {
        var problems = new ProblemList();
        var corpus = Try(data.Corpus, problems, DataReader.Documents);
        var train = streams ? null : data.TrainSets.Count == 0 ? Try(data.Train, problems, s => DataReader.Pairs(s, "train")) : ReadSets(data.TrainSets, problems);
        var dev = Try(data.Dev, problems, s => DataReader.Pairs(s, "dev"));
        var gate = Try(data.Gate, problems, s => DataReader.Pairs(s, "test"));
        var frozen = ReadFrozen(data.Gate, problems);
        var merged = new InlineMerge(corpus);
        (train, dev, gate) = (merged.Add(train), merged.Add(dev), merged.Add(gate));
        return new WorkspaceRows
        {
            Train = train,
            Dev = dev,
            Gate = frozen.Set?.Rows ?? (frozen.Broken ? null : gate),
            GateDraft = gate,
            Frozen = frozen.Set,
            Corpus = merged.ToCorpus(),
            CorpusLines = merged.Lines,
            Problems = problems,
        };
    }

    // Several sets as one: each row keeps its file and its line and knows its set.
    private static RowSet<Pair>? ReadSets(IReadOnlyList<DataSource> sources, ProblemList problems)
    {
        var sets = sources.Select(s => (s.Name, Set: Try(s, problems, x => DataReader.Pairs(x, "train")))).Where(s => s.Set is not null).Select(s => (Name: s.Name!, Set: s.Set!)).ToList();
        var first = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (_, set) in sets)
        {
            for (int i = 0; i < set.Rows.Count; i++)
            {
                if (!first.TryAdd(set.Rows[i].Id, $"{set.Path}:{set.Lines[i]}"))
                {
                    problems.Add(set.Path, set.Lines[i], $"id \"{set.Rows[i].Id}\" stands in {first[set.Rows[i].Id]} too. Ids are unique over all training sets; remove one of the rows.");
                }
            }
        }

        return sets.Count == 0 ? null : RowSet<Pair>.Joined(
            [.. sets.Select(s => s.Set)], [.. sets.SelectMany(s => s.Set.Rows.Select(row => row with { DataSet = s.Name }))]);
    }

    // A frozen version that cannot be read is a problem, and never a reason to read the rows that are not frozen.
    private static (FrozenGateSet? Set, bool Broken) ReadFrozen(DataSource? gate, ProblemList problems)
    {
        if (gate is null)
        {
            return (null, false);
        }

        try
        {
            return (GateSetFolder.Beside(gate.Path).Latest(), false);
        }
        catch (NearfarException e)
        {
            var problem = DataProblem.Of(e, gate.Path);
            problems.Add(problem.Path, problem.Line, problem.Message);
            return (null, true);
        }
    }

    private static RowSet<T>? Try<T>(DataSource? source, ProblemList problems, Func<DataSource, RowSet<T>> read)
    {
        if (source is null)
        {
            return null;
        }

        try
        {
            var rows = read(source);
            problems.AddAll(rows.Problems, Math.Max(rows.Skipped, rows.Problems.Count));
            return rows;
        }
        catch (NearfarException e)
        {
            var problem = DataProblem.Of(e, source.Path);
            problems.Add(problem.Path, problem.Line, problem.Message);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(source.Path, 0, e.Message);
            return null;
        }
    }
}
