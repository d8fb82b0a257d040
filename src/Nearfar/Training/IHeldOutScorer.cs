namespace Nearfar.Training;

/// <summary>Scores an encoder on held-out questions. Training owns this interface; evaluation, a later stage, implements it.</summary>
/// <typeparam name="TEncoder">The encoder being trained.</typeparam>
public interface IHeldOutScorer<in TEncoder>
{
    /// <summary>Identity of the questions and the way they are scored; a checkpoint holds it and is refused by another.</summary>
    string Hash { get; }

    /// <summary>Scores the encoder as it is now.</summary>
    /// <param name="encoder">Read only, and only until the call ends.</param>
    /// <param name="cancellationToken">Stops between queries.</param>
    ValueTask<HeldOutScore> ScoreAsync(TEncoder encoder, CancellationToken cancellationToken);
}

/// <summary>Held-out quality: what the step is chosen by.</summary>
/// <param name="Ndcg10">nDCG@10, 0 to 1.</param>
/// <param name="Margin">Mean margin; breaks ties. Null when no query has negatives.</param>
public readonly record struct HeldOutScore(double Ndcg10, double? Margin)
{
    /// <summary>Recall and cohorts, for the history and its warnings; they choose nothing. Null when the scorer has none.</summary>
    public HeldOutDetail? Detail { get; init; }

    /// <summary>Compares what the step is chosen by; <see cref="Detail"/> is left out.</summary>
    /// <param name="other">Another score.</param>
    public bool Equals(HeldOutScore other) => Ndcg10.Equals(other.Ndcg10) && Nullable.Equals(Margin, other.Margin);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Ndcg10, Margin);

    /// <summary>Whether this step is chosen over an earlier one: higher nDCG@10, ties by margin, then the earlier.</summary>
    /// <param name="earlier">The best so far.</param>
    public bool IsBetterThan(HeldOutScore earlier) =>
        Ndcg10 > earlier.Ndcg10 || (Ndcg10 == earlier.Ndcg10 && (Margin ?? double.NegativeInfinity) > (earlier.Margin ?? double.NegativeInfinity));
}
