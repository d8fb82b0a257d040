using System.Globalization;

namespace Nearfar.Mining;

/// <summary>Which documents become hard negatives. A rule whose value is null is off.</summary>
public sealed record MiningOptions
{
    /// <summary>Negatives kept for each query, at least 1. Default 4.</summary>
    public int PerQuery { get; init; } = 4;

    /// <summary>Highest share of the lowest positive's background-corrected similarity, above 0 to 1; null: no such rule. Default 0.95.</summary>
    /// <remarks>De Souza et al. 2024, arXiv:2407.15831: nearer documents are mostly unlabelled positives. Differs: applied to s - background mean, since cosines of a space have an offset of their own.</remarks>
    public double? PositiveRatio { get; init; } = 0.95;

    /// <summary>Drops s above pos - |pos| m, pos the similarity of the lowest positive; 0 to 1. Default null.</summary>
    /// <remarks>The rule of that name in sentence-transformers, on raw similarities; right for a negative pos too.</remarks>
    public double? RelativeMargin { get; init; }

    /// <summary>Drops s above pos - m; 0 to 2. Default null.</summary>
    public double? AbsoluteMargin { get; init; }

    /// <summary>Drops raw similarities above this, -1 to 1. Default null.</summary>
    public double? MaxScore { get; init; }

    /// <summary>Drops raw similarities below this, -1 to 1. Default null.</summary>
    public double? MinScore { get; init; }

    /// <summary>Highest share of the teacher's background-corrected score of the lowest positive, above 0 to 1. Only with a teacher. Default 0.95.</summary>
    public double? TeacherRatio { get; init; } = 0.95;

    /// <summary>Drops what the teacher scores above its lowest positive less this, at least 0. Only with a teacher. Default null.</summary>
    public double? TeacherMargin { get; init; }

    /// <summary>Candidates looked at per query and ranker, at least <see cref="PerQuery"/>. Default 100.</summary>
    public int Depth { get; init; } = 100;

    /// <summary>Best ranks of a training query that are passed over, at least 0; nearer documents are often unlabelled positives. Default 0: the ratio rule decides.</summary>
    /// <remarks>Raw ranks, positives included. Differs: sentence-transformers' range_min counts what its margins left over.</remarks>
    public int SkipRanks { get; init; }

    /// <summary>Last raw rank that is taken, above <see cref="SkipRanks"/>. Default null: as far as <see cref="Depth"/> reaches.</summary>
    public int? RangeMax { get; init; }

    /// <summary>Whether the encoder's own nearest documents are candidates. Default true.</summary>
    public bool UseEncoder { get; init; } = true;

    /// <summary>Whether BM25's candidates join. Default true.</summary>
    public bool UseBm25 { get; init; } = true;

    /// <summary>Model folders of further encoders whose candidates join. Default none. See <see cref="HardNegativeMiner.OpenAsync"/>.</summary>
    public IReadOnlyList<string> SourceModels { get; init; } = [];

    /// <summary>Model folder of the encoder that checks candidates; null: no teacher. See <see cref="HardNegativeMiner.OpenAsync"/>.</summary>
    public string? TeacherModel { get; init; }

    /// <summary>Cohort attribute whose weak values on the dev set get more negatives; null: all get <see cref="PerQuery"/>. See <see cref="CohortDeficit"/>.</summary>
    public string? ByCohort { get; init; }

    /// <summary>Review file whose decisions are respected; null: none. See <see cref="HardNegativeMiner.OpenAsync"/>.</summary>
    public string? DecisionFile { get; init; }

    /// <summary>How often one document may serve as a negative in one call, at least 1; 0 chooses 4 times the even share, at least 8. Default 0.</summary>
    public int HubCap { get; init; }

    /// <summary>How negatives are chosen among the admitted. Default the nearest.</summary>
    public MiningSampling Sampling { get; init; }

    /// <summary>Likely false negatives listed for review, at least 0. Default 200.</summary>
    public int Review { get; init; } = 200;

    /// <summary>Seed of the background sample and of all draws. Default 1.</summary>
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
        Check(PositiveRatio is null or (> 0 and <= 1), $"positive_ratio is {PositiveRatio}; wanted above 0, at most 1");
        Check(RelativeMargin is null or (>= 0 and <= 1), $"relative_margin is {RelativeMargin}; wanted 0 to 1");
        Check(AbsoluteMargin is null or (>= 0 and <= 2), $"absolute_margin is {AbsoluteMargin}; wanted 0 to 2");
        Check(MaxScore is null or (>= -1 and <= 1), $"max_score is {MaxScore}; wanted -1 to 1");
        Check(MinScore is null or (>= -1 and <= 1), $"min_score is {MinScore}; wanted -1 to 1");
        Check(!(MinScore > MaxScore), $"min_score is {MinScore}, above max_score {MaxScore}: no candidate could pass");
        Check(TeacherRatio is null or (> 0 and <= 1), $"teacher_ratio is {TeacherRatio}; wanted above 0, at most 1");
        Check(TeacherMargin is null or (>= 0 and < double.PositiveInfinity), $"teacher_margin is {TeacherMargin}; wanted at least 0");
        Check(Depth >= PerQuery, $"candidates is {Depth} (depth); wanted at least per_query ({PerQuery})");
        Check(SkipRanks >= 0 && SkipRanks < Depth, $"skip_ranks is {SkipRanks}; wanted 0 to less than candidates ({Depth})");
        Check(RangeMax is null || RangeMax > SkipRanks, $"range_max is {RangeMax}; wanted above skip_ranks ({SkipRanks})");
        Check(HubCap >= 0, $"per_document is {HubCap} (hub_cap); wanted 0 (automatic) or more");
        Check(UseEncoder || UseBm25 || SourceModels.Count > 0, "sources is empty; wanted encoder, bm25 or a model folder");
        Check(Enum.IsDefined(Sampling), $"sampling is {Sampling}; wanted top, random or uniform");
        Check(Sampling != MiningSampling.Uniform || RangeMax is null, "range_max is set, but uniform draws have no ranks");
        Check(Review >= 0, $"review is {Review}; wanted at least 0");
        return problems;
    }

    /// <summary>The values that decide what is mined, by name, as a checkpoint compares them; models by their spaces. Defaults of rules that are off are left out.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Deciding(IEnumerable<string> sourceSpaces, string? teacher)
    {
        string[] sources = [.. UseEncoder ? ["encoder"] : Array.Empty<string>(), .. UseBm25 ? ["bm25"] : Array.Empty<string>(), .. sourceSpaces];
        (string Name, IFormattable? Value)[] values =
        [
            ("per_query", PerQuery), ("positive_ratio", PositiveRatio), ("relative_margin", RelativeMargin), ("absolute_margin", AbsoluteMargin), ("max_score", MaxScore),
            ("min_score", MinScore), ("candidates", Depth), ("skip_ranks", SkipRanks), ("range_max", RangeMax), ("per_document", HubCap), ("seed", Seed),
            ("teacher_ratio", teacher is null ? null : TeacherRatio), ("teacher_margin", teacher is null ? null : TeacherMargin),
        ];
        return
        [
            .. values.Where(v => v.Value is not null).Select(v => KeyValuePair.Create("mining." + v.Name, v.Value!.ToString(null, CultureInfo.InvariantCulture))),
            new("mining.sources", string.Join(", ", sources)),
            new("mining.sampling", Sampling.ToString().ToLowerInvariant()),
            .. teacher is null ? [] : new[] { KeyValuePair.Create("mining.teacher", teacher) },
            .. ByCohort is null ? [] : new[] { KeyValuePair.Create("mining.by_cohort", ByCohort) },
        ];
    }
}
