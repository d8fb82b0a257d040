namespace Nearfar.Evaluation.Similarity;

/// <summary>The measures in double precision, summed in dimension order.</summary>
internal static class VectorSimilarity
{
    /// <param name="measure">Which.</param>
    /// <param name="a">[D], finite, not all zero.</param>
    /// <param name="b">[D], finite, not all zero.</param>
    public static double Of(SimilarityMeasure measure, ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double dot = 0, squaresA = 0, squaresB = 0, manhattan = 0, euclidean = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double x = a[i], y = b[i], d = x - y;
            dot += x * y;
            squaresA += x * x;
            squaresB += y * y;
            manhattan += Math.Abs(d);
            euclidean += d * d;
        }

        return measure switch
        {
            // One root of the product: equal vectors give exactly 1, which two roots do not.
            SimilarityMeasure.Cosine => Math.Clamp(dot / Math.Sqrt(squaresA * squaresB), -1, 1),
            SimilarityMeasure.Dot => dot,
            SimilarityMeasure.Euclidean => 1 / (1 + Math.Sqrt(euclidean)),
            SimilarityMeasure.Manhattan => 1 / (1 + manhattan),
            _ => throw new ArgumentOutOfRangeException(nameof(measure), measure, "No such measure."),
        };
    }
}
