namespace Nearfar.Evaluation.Ranking;

/// <summary>How runs are scored against judgements. Plain values; every measure of an evaluation sees the same ranking.</summary>
public sealed record RankingOptions
{
    /// <summary>trec_eval 9: scores as float32; a query that the run lacks is left out.</summary>
    public static RankingOptions Trec9 { get; } = new() { MissingQuery = MissingQuery.Skip };

    /// <summary>trec_eval 10: scores as float64; a query that the run lacks is an error.</summary>
    public static RankingOptions Trec10 { get; } = new() { ScorePrecision = ScorePrecision.Double };

    /// <summary>Lowest grade that counts as relevant, at least 1 (trec_eval: <c>-l</c>). Default 1. nDCG ignores it.</summary>
    public int Level { get; init; } = 1;

    /// <summary>Documents of each query that count, the best ones, at least 1; null: all (trec_eval: <c>-M</c>). Default null.</summary>
    public int? Depth { get; init; }

    /// <summary>Drops documents that nobody judged and closes the ranks; after <see cref="Depth"/> (trec_eval: <c>-J</c>). Default false.</summary>
    public bool JudgedOnly { get; init; }

    /// <summary>Order of equal scores. Default as trec_eval.</summary>
    public TieBreak TieBreak { get; init; } = TieBreak.TrecDescending;

    /// <summary>How exactly scores are held. Default float32.</summary>
    public ScorePrecision ScorePrecision { get; init; } = ScorePrecision.Single;

    /// <summary>Drops a document whose id is the query's, before ranks are given (BEIR: where queries are documents). Default false.</summary>
    public bool IgnoreIdenticalIds { get; init; }

    /// <summary>What becomes of a judged query that the run does not answer. Default: an error.</summary>
    public MissingQuery MissingQuery { get; init; } = MissingQuery.Error;

    /// <summary>What becomes of a query without any relevant document. Default: it scores 0.</summary>
    public NoRelevant NoRelevant { get; init; } = NoRelevant.Zero;

    /// <summary>What a grade is worth in nDCG. Default linear.</summary>
    public GainKind Gain { get; init; } = GainKind.Linear;

    /// <summary>What average precision is divided by. Default R.</summary>
    public MapDenominator MapDenominator { get; init; } = MapDenominator.Relevant;

    /// <summary>Measures how much the order of equal scores decides: <see cref="RankingTable.TieSensitivity"/>. Default false.</summary>
    public bool MeasureTies { get; init; }

    /// <exception cref="ArgumentException">All that is wrong, in one message.</exception>
    internal void ThrowUnlessValid(IReadOnlyList<RankingMeasure> measures)
    {
        var problems = new List<string>();
        if (Level < 1)
        {
            problems.Add($"Level must be at least 1, not {Level}");
        }

        if (Depth < 1)
        {
            problems.Add($"Depth must be at least 1, not {Depth}");
        }

        if (TieBreak == TieBreak.Expected)
        {
            problems.AddRange(measures.Where(m => m.NeedsOrder).Select(m => $"{m.Name} has no closed form over tied orders; leave it out, or choose another tie rule"));
        }

        if (TieBreak == TieBreak.Expected && Depth is not null)
        {
            problems.Add("Depth may cut through tied documents, for which there is no closed form; use measures with cutoffs, or another tie rule");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException($"Ranking options: {string.Join("; ", problems)}.");
        }
    }
}
