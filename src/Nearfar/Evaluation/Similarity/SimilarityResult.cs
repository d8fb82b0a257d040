using System.Globalization;
using Nearfar.Vectors;

namespace Nearfar.Evaluation.Similarity;

/// <summary>How near two texts are, or why that is not known. An error has no number: asking for one throws. Immutable, thread-safe.</summary>
public sealed class SimilarityResult
{
    private readonly double _similarity;

    private SimilarityResult(EmbeddingSpace space, SimilarityMeasure measure, double similarity, SimilarityThreshold? threshold, SimilarityErrorKind? kind, string? error)
    {
        Space = space;
        Measure = measure;
        _similarity = similarity;
        Threshold = threshold;
        ErrorKind = kind;
        Error = error;
    }

    /// <summary>The space of both vectors.</summary>
    public EmbeddingSpace Space { get; }

    /// <summary>How they were compared.</summary>
    public SimilarityMeasure Measure { get; }

    /// <summary>Whether there is no similarity.</summary>
    public bool IsError => Error is not null;

    /// <summary>What kind of error; null when there is none.</summary>
    public SimilarityErrorKind? ErrorKind { get; }

    /// <summary>Why there is no similarity; null when there is one.</summary>
    public string? Error { get; }

    /// <summary>The raw value, higher is nearer; margins are differences of these.</summary>
    /// <exception cref="NearfarException">There is none; the message says why.</exception>
    public double Similarity => Error is null ? _similarity : throw new NearfarException(Error);

    /// <summary><see cref="Similarity"/> cut to 0 to 1, for dashboards and for the threshold; never for margins.</summary>
    /// <exception cref="NearfarException">There is none; the message says why.</exception>
    public double Score => Math.Clamp(Similarity, 0, 1);

    /// <summary>The threshold that <see cref="Passed"/> was decided by; null when none was set.</summary>
    public SimilarityThreshold? Threshold { get; }

    /// <summary>Whether the score reaches the threshold; false for an error; null without a threshold.</summary>
    public bool? Passed => Threshold is null ? null : !IsError && Score >= Threshold.Value;

    /// <summary>Value, space and verdict in one line.</summary>
    public override string ToString()
    {
        string value = IsError ? $"no similarity: {Error}" : _similarity.ToString("0.0000", CultureInfo.InvariantCulture);
        return $"{Measure} {value}, space {Space}{(Passed is { } passed ? passed ? ", passed" : ", failed" : "")}";
    }

    internal static SimilarityResult Of(EmbeddingSpace space, SimilarityMeasure measure, double similarity, SimilarityThreshold? threshold) =>
        double.IsFinite(similarity)
            ? new(space, measure, similarity, threshold, null, null)
            : Failed(space, measure, threshold, SimilarityErrorKind.NotFinite, "The similarity of the two vectors is not finite: their values are too large.");

    internal static SimilarityResult Failed(EmbeddingSpace space, SimilarityMeasure measure, SimilarityThreshold? threshold, SimilarityErrorKind kind, string reason) =>
        new(space, measure, double.NaN, threshold, kind, reason);
}
