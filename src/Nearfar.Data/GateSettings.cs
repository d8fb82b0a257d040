using System.Collections.ObjectModel;

namespace Nearfar.Data;

/// <summary>Section <c>gate</c>: the release policy as the file states it.</summary>
public sealed record GateSettings
{
    /// <summary><c>current | bm25 | untrained</c>. Default <c>current</c>.</summary>
    public string Reference { get; init; } = "current";

    /// <summary>Metric of the main test with the k that the product uses. Default <c>recall@5</c>.</summary>
    public string Metric { get; init; } = "recall@5";

    /// <summary>Largest allowed fall of the metric, 0 to 1. Default 0.02.</summary>
    public double Tolerance { get; init; } = 0.02;

    /// <summary>Largest allowed fall in a protected cohort, 0 to 1. Null: .05.</summary>
    public double? ProtectedTolerance { get; init; }

    /// <summary>Cohorts that are protected beside those of the section <c>cohorts</c>, each as <c>attribute=value</c>.</summary>
    public IReadOnlyList<string> ProtectedCohorts { get; init; } = [];

    /// <summary>Largest proven fall of any other cohort that does not block, 0 to 1. Null: .05.</summary>
    public double? OtherTolerance { get; init; }

    /// <summary>Measures tested in every cohort beside the main one, each with the observed fall that it takes to block. Null: nDCG@10.</summary>
    public IReadOnlyDictionary<string, double>? JointMetrics { get; init; }

    /// <summary>Tolerances of single cohorts (<c>attribute=value</c>) in the main measure.</summary>
    public IReadOnlyDictionary<string, double> Tolerances { get; init; } = ReadOnlyDictionary<string, double>.Empty;

    /// <summary>Cohorts without which no decision is made, each as <c>attribute=value</c>.</summary>
    public IReadOnlyList<string> Required { get; init; } = [];

    /// <summary>Lowest values by cohort (<c>attribute=value</c>, <c>attribute=*</c> for each of a family, or <c>all</c>) and metric.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Floors { get; init; } =
        ReadOnlyDictionary<string, IReadOnlyDictionary<string, double>>.Empty;

    /// <summary>
    /// Where raw margins among the floors were found: <c>untrained</c>, <c>current</c> or a space id. They are carried over to the candidate by
    /// the backgrounds of both spaces on dev. Null: such floors are advice.
    /// </summary>
    public string? FloorSpace { get; init; }

    /// <summary>How such floors are carried over: <c>spread</c> of the backgrounds, or <c>quantile</c> of the dev questions' margins. Null: <c>spread</c>.</summary>
    public string? FloorTransfer { get; init; }

    /// <summary>Largest allowed share of queries that retrieve a forbidden document, 0 to 1. Null: not tested.</summary>
    public double? ViolationLimit { get; init; }

    /// <summary>Largest allowed mean share of unjudged documents in the top k, 0 to 1. Null: not limited.</summary>
    public double? UnjudgedLimit { get; init; }

    /// <summary>Largest allowed movement of the metric by the order of equal scores, 0 to 1. Null: as <see cref="Tolerance"/>.</summary>
    public double? TieLimit { get; init; }

    /// <summary>Releases before the current one that a candidate is held against, 0 to 20. Null: 3.</summary>
    public int? History { get; init; }

    /// <summary>Resamples of the joint test and of families of floors, 999 to 99,999. Null: 9,999.</summary>
    public int? Flips { get; init; }

    /// <summary>What an inconclusive verdict does: <c>stop</c> (exit 3), <c>pass</c> (0) or <c>block</c> (2). Default <c>stop</c>.</summary>
    public string OnInconclusive { get; init; } = "stop";
}
