namespace Nearfar.Data;

/// <summary>Section <c>mining</c>. A null value leaves the choice to the miner.</summary>
public sealed record MiningSettings
{
    /// <summary>Negatives kept for each query, at least 1.</summary>
    public int? PerQuery { get; init; }

    /// <summary>Highest share of the positive's background-corrected similarity, above 0, at most 1.</summary>
    public double? PositiveRatio { get; init; }

    /// <summary><c>positive_ratio: off</c>: other rules decide.</summary>
    public bool NoPositiveRatio { get; init; }

    /// <summary>Share of the positive's similarity that must lie between, 0 to 1.</summary>
    public double? RelativeMargin { get; init; }

    /// <summary>Similarity that must lie between, 0 to 2.</summary>
    public double? AbsoluteMargin { get; init; }

    /// <summary>Highest similarity, -1 to 1.</summary>
    public double? MaxScore { get; init; }

    /// <summary>Lowest similarity, -1 to 1.</summary>
    public double? MinScore { get; init; }

    /// <summary>Nearest documents looked at for each query, at least 1.</summary>
    public int? Candidates { get; init; }

    /// <summary>Nearest ranks passed over, 0 or more; also written <c>range_min</c>.</summary>
    public int? SkipRanks { get; init; }

    /// <summary>Last rank that is taken, above <see cref="SkipRanks"/>.</summary>
    public int? RangeMax { get; init; }

    /// <summary>Queries one document may be a negative of, at least 1.</summary>
    public int? PerDocument { get; init; }

    /// <summary><c>encoder</c>, <c>bm25</c> and paths of model folders whose candidates are looked at; null: encoder and bm25.</summary>
    public IReadOnlyList<string>? Sources { get; init; }

    /// <summary>Model folder that gives a second opinion.</summary>
    public string? Teacher { get; init; }

    /// <summary>Highest share of the teacher's background-corrected score of the positive, above 0, at most 1.</summary>
    public double? TeacherRatio { get; init; }

    /// <summary><c>teacher_ratio: off</c>: the teacher's margin decides.</summary>
    public bool NoTeacherRatio { get; init; }

    /// <summary>The teacher's score that must lie between, at least 0.</summary>
    public double? TeacherMargin { get; init; }

    /// <summary>Declared cohort attribute whose weak values get more negatives.</summary>
    public string? ByCohort { get; init; }

    /// <summary><c>top</c>, <c>random</c> or <c>uniform</c>.</summary>
    public string? Sampling { get; init; }

    /// <summary>Likely false negatives listed for review, 0 or more.</summary>
    public int? Review { get; init; }

    /// <summary>Review file whose decisions are respected.</summary>
    public string? Decisions { get; init; }

    /// <summary>Whether vectors are kept on disk between calls, by space and text.</summary>
    public bool Cache { get; init; }
}
