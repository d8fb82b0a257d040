namespace Nearfar.Search;

/// <summary>How two rankings become one.</summary>
public enum Fusion
{
    /// <summary>Sum over the rankings of 1 / (constant + rank): no scale is needed.</summary>
    ReciprocalRank,

    /// <summary>Cosine plus a weight times BM25, divided by the question's best BM25 score.</summary>
    Weighted,
}

/// <summary>How <see cref="HybridRanker"/> joins vectors and words.</summary>
public sealed record HybridOptions
{
    /// <summary>Default reciprocal ranks.</summary>
    public Fusion Fusion { get; init; }

    /// <summary>Added to a rank, above 0. Default 60.</summary>
    /// <remarks>Cormack, Clarke and Büttcher 2009, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods", section 2.</remarks>
    public double RankConstant { get; init; } = 60;

    /// <summary>Weight of the words in <see cref="Fusion.Weighted"/>, at least 0. Chosen on dev, never on the gate set. Default 0.25.</summary>
    public double WordsWeight { get; init; } = 0.25;

    /// <summary>Documents taken from each ranking, at least 1; more when more are asked for. Default 1000.</summary>
    public int Depth { get; init; } = 1000;

    internal void ThrowUnlessValid()
    {
        if (!(RankConstant > 0 && double.IsFinite(RankConstant)) || !(WordsWeight >= 0 && double.IsFinite(WordsWeight)) || Depth < 1 || !Enum.IsDefined(Fusion))
        {
            throw new ArgumentException($"Fusion {Fusion}, RankConstant {RankConstant}, WordsWeight {WordsWeight}, Depth {Depth}; wanted RankConstant above 0, WordsWeight at least 0, Depth at least 1.");
        }
    }
}
