namespace Nearfar.Evaluation.Similarity;

/// <summary>How <see cref="EmbeddingSimilarity"/> compares.</summary>
public sealed record EmbeddingSimilarityOptions
{
    /// <summary>Default <see cref="SimilarityMeasure.Cosine"/>.</summary>
    public SimilarityMeasure Measure { get; init; } = SimilarityMeasure.Cosine;

    /// <summary>From which score on two texts pass; it knows the space it was found in. Null, the default: nothing passes or fails.</summary>
    public SimilarityThreshold? Threshold { get; init; }

    /// <summary>Texts a call of the encoder, at least 1. Default 128.</summary>
    public int Batch { get; init; } = 128;
}
