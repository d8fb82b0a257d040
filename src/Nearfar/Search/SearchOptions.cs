namespace Nearfar.Search;

/// <summary>One search of an index.</summary>
public sealed record SearchOptions
{
    /// <summary>Documents wanted for a query, at least 1. Default 10.</summary>
    public int K { get; init; } = 10;

    /// <summary>Which documents may be found; decided before the scan, so k of them are found when there are k. Null: all.</summary>
    public VectorFilter? Filter { get; init; }

    /// <summary>Threads, 0 for one a core. The result is the same in every bit. Default 0.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// Candidates for each document wanted, which codes choose and float32 rows order; 0 for the kind's default, 8 for int8 and 64 for binary.
    /// A flat index has no need of it.
    /// </summary>
    public int Candidates { get; init; }

    internal void ThrowUnlessValid()
    {
        if (K < 1 || Threads < 0 || Candidates < 0)
        {
            throw new ArgumentException($"K is {K}, Threads {Threads}, Candidates {Candidates}; wanted K at least 1, the others at least 0.");
        }
    }
}
