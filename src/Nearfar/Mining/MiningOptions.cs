namespace Nearfar.Mining;

/// <summary>Which documents become hard negatives.</summary>
public sealed record MiningOptions
{
    /// <summary>Negatives kept for each query, at least 1. Default 4.</summary>
    public int PerQuery { get; init; } = 4;

    /// <summary>Highest share of the lowest positive's background-corrected similarity, above 0 to 1. Default 0.95.</summary>
    /// <remarks>De Souza et al. 2024, arXiv:2407.15831: nearer documents are mostly unlabelled positives. Differs: applied to s - background mean, since cosines of a space have an offset of their own.</remarks>
    public double PositiveRatio { get; init; } = 0.95;

    /// <summary>Candidates looked at per query and ranker, at least <see cref="PerQuery"/>. Default 100.</summary>
    public int Depth { get; init; } = 100;

    /// <summary>Best ranks of a training query that are passed over, at least 0; nearer documents are often unlabelled positives. Default 0: the ratio rule decides.</summary>
    public int SkipRanks { get; init; }

    /// <summary>Whether BM25's candidates join the encoder's. Default true.</summary>
    public bool UseBm25 { get; init; } = true;

    /// <summary>How often one document may serve as a negative in one call, at least 1; 0 chooses 4 times the even share, at least 8. Default 0.</summary>
    public int HubCap { get; init; }

    /// <summary>Draws negatives at random from the documents that the rules admit, without rank or <see cref="SkipRanks"/>: a control, not a recipe. Default false.</summary>
    public bool Random { get; init; }

    /// <summary>Seed of the background sample and of random draws. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>All problems of the values at once; empty when they are sound.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        void Check(bool ok, string message)
        {
            if (!ok)
            {
                problems.Add(message);
            }
        }

        Check(PerQuery >= 1, $"per_query is {PerQuery}; wanted at least 1");
        Check(PositiveRatio is > 0 and <= 1, $"positive_ratio is {PositiveRatio}; wanted above 0, at most 1");
        Check(Depth >= PerQuery, $"depth is {Depth}; wanted at least per_query ({PerQuery})");
        Check(SkipRanks >= 0 && SkipRanks < Depth, $"skip_ranks is {SkipRanks}; wanted 0 to less than depth ({Depth})");
        Check(HubCap >= 0, $"hub_cap is {HubCap}; wanted 0 (automatic) or more");
        return problems;
    }
}
