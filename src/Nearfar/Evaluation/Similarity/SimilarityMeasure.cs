namespace Nearfar.Evaluation.Similarity;

/// <summary>How near two vectors are; higher is nearer.</summary>
public enum SimilarityMeasure
{
    /// <summary>Cosine of the angle, -1 to 1.</summary>
    Cosine,

    /// <summary>Inner product of the vectors as the encoder gives them; no bounds unless they are unit vectors.</summary>
    Dot,

    /// <summary>1 / (1 + L2 distance), 0 to 1; 1 / (1 + sqrt(2 - 2 cos)) for unit vectors.</summary>
    Euclidean,

    /// <summary>1 / (1 + L1 distance), 0 to 1.</summary>
    Manhattan,
}
