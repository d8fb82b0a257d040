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

    /// <summary>Largest allowed fall in a protected cohort, 0 to 1. Null: as <see cref="Tolerance"/>.</summary>
    public double? ProtectedTolerance { get; init; }

    /// <summary>Lowest values by cohort (<c>attribute=value</c>, or <c>all</c>) and metric.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Floors { get; init; } =
        ReadOnlyDictionary<string, IReadOnlyDictionary<string, double>>.Empty;

    /// <summary>
    /// Where raw margins among the floors were found: <c>untrained</c>, <c>current</c> or a space id. They are carried over to the candidate by
    /// the spread of both backgrounds on dev. Null: such floors are advice.
    /// </summary>
    public string? FloorSpace { get; init; }

    /// <summary>Largest allowed share of queries that retrieve a forbidden document, 0 to 1. Null: not tested.</summary>
    public double? ViolationLimit { get; init; }

    /// <summary>What an inconclusive verdict does: <c>stop</c> (exit 3), <c>pass</c> (0) or <c>block</c> (2). Default <c>stop</c>.</summary>
    public string OnInconclusive { get; init; } = "stop";
}
