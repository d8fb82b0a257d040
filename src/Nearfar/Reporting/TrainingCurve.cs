namespace Nearfar.Reporting;

/// <summary>How a run went: the loss, beside it the held-out quality that chose the step.</summary>
public sealed record TrainingCurve
{
    /// <summary>Ascending by step.</summary>
    public required IReadOnlyList<TrainingPoint> Points { get; init; }

    /// <summary>Name of the quality, for example <c>ndcg@10</c>.</summary>
    public required string QualityName { get; init; }

    /// <summary>The step that was kept; null when none is marked.</summary>
    public int? ChosenStep { get; init; }
}
