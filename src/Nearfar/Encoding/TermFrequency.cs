namespace Nearfar.Encoding;

/// <summary>How much a token counts that stands n times in a text.</summary>
/// <remarks>
/// A long text repeats its words, and the tenth time says less than the first (Salton and Buckley 1988, "Term-weighting approaches in automatic text
/// retrieval"; BM25 saturates for the same reason). Anything but <see cref="Count"/> is not portable: other libraries take the plain mean.
/// </remarks>
public enum TermFrequency
{
    /// <summary>n: the mean of all tokens, as model2vec and sentence-transformers have it. The default.</summary>
    Count,

    /// <summary>The square root of n.</summary>
    Root,

    /// <summary>1: the mean of the distinct tokens.</summary>
    Once,
}

internal static class TermFrequencies
{
    /// <summary>The weight of a token that stands <paramref name="count"/> times.</summary>
    public static float Weight(this TermFrequency frequency, int count) => frequency switch
    {
        TermFrequency.Count => count,
        TermFrequency.Root => MathF.Sqrt(count),
        _ => 1,
    };

    public static string Word(this TermFrequency frequency) => frequency.ToString().ToLowerInvariant();
}
