using Nearfar.Pairs;

namespace Nearfar.Data.Init;

/// <summary>How a workspace is made of what people have.</summary>
public sealed record InitOptions
{
    /// <summary>The day to which document ages are counted, written into the workspace.</summary>
    public required DateOnly AsOf { get; init; }

    /// <summary>Name of the workspace; null: the name of its folder.</summary>
    public string? Name { get; init; }

    /// <summary>Share of the questions held out for the gate, half on known and half on new pages, above 0 to 0.5. Default 0.2.</summary>
    public double GateShare { get; init; } = 0.2;

    /// <summary>Share of the questions held out for dev, above 0 to 0.5. Default 0.1.</summary>
    public double DevShare { get; init; } = 0.1;

    /// <summary>Longest chunk of a page in words, 20 to 2000. Default 180.</summary>
    public int MaxWords { get; init; } = 180;

    /// <summary>
    /// Given the corpus, a function from a question to candidate document ids, best first (BM25's top, say); null: negatives of held-out
    /// questions are drawn at random alone.
    /// </summary>
    public Func<Corpus, Func<string, IReadOnlyList<string>>>? Pool { get; init; }

    /// <summary>Negatives of a held-out question drawn from its pool, 0 or more. Default 4.</summary>
    public int PooledNegatives { get; init; } = 4;

    /// <summary>Negatives of a held-out question drawn from the whole corpus, 0 or more. Default 4.</summary>
    public int RandomNegatives { get; init; } = 4;

    /// <summary>Seed of the draws. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>CSV: names of the columns that hold <c>question</c> and <c>answer</c> (and <c>id</c>), where they are called otherwise.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = DataSource.NoColumns;

    internal void ThrowIfInvalid()
    {
        var problems = new List<string>();
        Check(GateShare is > 0 and <= 0.5, $"GateShare is {GateShare}; wanted above 0, at most 0.5", problems);
        Check(DevShare is > 0 and <= 0.5, $"DevShare is {DevShare}; wanted above 0, at most 0.5", problems);
        Check(MaxWords is >= 20 and <= 2000, $"MaxWords is {MaxWords}; wanted 20 to 2000", problems);
        Check(PooledNegatives >= 0, $"PooledNegatives is {PooledNegatives}; wanted 0 or more", problems);
        Check(RandomNegatives >= 0, $"RandomNegatives is {RandomNegatives}; wanted 0 or more", problems);
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", problems) + ".");
        }
    }

    private static void Check(bool good, string problem, List<string> problems)
    {
        if (!good)
        {
            problems.Add(problem);
        }
    }
}
