namespace Nearfar.Training;

/// <summary>Where a run stands; reported after each step and each evaluation.</summary>
public sealed record TrainingProgress
{
    /// <summary>The recipe that is being trained, and its place among all, such as <c>words, 3 of 7</c>; null where there is one only.</summary>
    public string? Recipe { get; init; }

    /// <summary>Updates done.</summary>
    public required long Step { get; init; }

    /// <summary>Updates of the whole run.</summary>
    public required long Steps { get; init; }

    /// <summary>0-based epoch of the step.</summary>
    public required int Epoch { get; init; }

    /// <summary>Loss of the last batch; null before the first step.</summary>
    public double? Loss { get; init; }

    /// <summary>Pairs a second over the steps of this process, evaluations not counted; 0 before the first.</summary>
    public required double PairsPerSecond { get; init; }

    /// <summary>The last held-out score.</summary>
    public HeldOutScore? HeldOut { get; init; }

    /// <summary>The best held-out score so far.</summary>
    public HeldOutScore? Best { get; init; }

    /// <summary>The step of <see cref="Best"/>.</summary>
    public long BestStep { get; init; }

    /// <summary>Whether this step was scored on held-out questions.</summary>
    public bool Evaluated { get; init; }

    /// <summary>What the evaluation warns of, one sentence each: the loss falls and held-out recall or a protected cohort falls.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What the data and the options together come to, one sentence each; told once, before the first step of a run that begins.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Time to the end at the pace so far; null before the first step.</summary>
    public TimeSpan? TimeLeft { get; init; }
}
