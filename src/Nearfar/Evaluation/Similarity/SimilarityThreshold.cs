using System.Globalization;
using Nearfar.Vectors;

namespace Nearfar.Evaluation.Similarity;

/// <summary>The lowest score that passes, bound to the space and the measure it was found in: elsewhere the same number means something else.</summary>
public sealed class SimilarityThreshold
{
    private SimilarityThreshold(EmbeddingSpace space, double value, SimilarityMeasure measure, string origin)
    {
        Space = space;
        Value = value;
        Measure = measure;
        Origin = origin;
    }

    /// <summary>The space it holds for.</summary>
    public EmbeddingSpace Space { get; }

    /// <summary>Lowest score that passes, 0 to 1.</summary>
    public double Value { get; }

    /// <summary>The measure it holds for.</summary>
    public SimilarityMeasure Measure { get; }

    /// <summary>Where it comes from, for people.</summary>
    public string Origin { get; }

    /// <summary>A value that was calibrated on labelled texts of one space.</summary>
    /// <param name="space">The space.</param>
    /// <param name="value">Above 0, at most 1.</param>
    /// <param name="measure">The measure it was found with.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value outside (0, 1].</exception>
    public static SimilarityThreshold Calibrated(EmbeddingSpace space, double value, SimilarityMeasure measure = SimilarityMeasure.Cosine)
    {
        ArgumentNullException.ThrowIfNull(space);
        return value is > 0 and <= 1
            ? new(space, value, measure, "calibrated for its space")
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A threshold on scores lies above 0 and at most at 1.");
    }

    /// <summary>A cosine that lies some standard deviations above that of unrelated texts, by the scale fingerprint of an evaluation.</summary>
    /// <param name="report">An evaluation of the encoder: it holds the space and its scale.</param>
    /// <param name="deviations">Standard deviations of the background above its mean, above 0; 3 lets about 1 in 700 unrelated pairs pass where they are normally spread.</param>
    /// <exception cref="NearfarException">The report has no space or no spread (a ranking, a collapsed encoder), or the value falls outside (0, 1].</exception>
    public static SimilarityThreshold FromReport(EvalReport report, double deviations)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(deviations);
        if (report is not { Space: { } space, Scale: { Sigma: > 0 } scale })
        {
            throw new NearfarException($"Report \"{report.Label}\" has no scale to take a threshold from: it scored no vectors, or all of them are alike. Use the report of an encoder.");
        }

        double value = scale.Mu + (deviations * scale.Sigma);
        string origin = string.Create(CultureInfo.InvariantCulture, $"{scale.Mu:0.000} + {deviations} x {scale.Sigma:0.000}, mean and deviation of {scale.Pairs} unrelated pairs");
        return value is > 0 and <= 1
            ? new(space, value, SimilarityMeasure.Cosine, origin)
            : throw new NearfarException(string.Create(CultureInfo.InvariantCulture, $"{deviations} deviations give a threshold of {value:0.000} in space {space} ({origin}); wanted is one above 0 and at most 1. Take other deviations."));
    }

    /// <exception cref="NearfarException">It was found in another space or with another measure; the message names both.</exception>
    internal void ThrowUnlessFor(EmbeddingSpace space, SimilarityMeasure measure)
    {
        if (!Space.Equals(space))
        {
            throw new NearfarException(string.Create(CultureInfo.InvariantCulture,
                $"The threshold {Value:0.###} was found in space {Space}; the encoder is of space {space}. Find one for this space: calibrate it on labelled texts, or take it from an evaluation of this encoder."));
        }

        if (Measure != measure)
        {
            throw new NearfarException(string.Create(CultureInfo.InvariantCulture, $"The threshold {Value:0.###} was found for {Measure} similarity; asked is {measure}. Find one for this measure."));
        }
    }
}
