namespace Nearfar.Training.Sampling;

/// <summary>Which rows may share a batch.</summary>
public enum BatchRule
{
    /// <summary>No text stands twice in a batch.</summary>
    Text,

    /// <summary>No pair whose positive, or a near-duplicate of it (5-word shingles, Jaccard at least .8), answers another anchor of the batch.</summary>
    Answer,

    /// <summary>Two or more rows of each label, at least two labels: for losses over groups.</summary>
    Label,

    /// <summary>As <see cref="Answer"/>, and rows whose documents are neighbours by the vectors at the epoch's begin; documents of a cosine of .95 and more do not meet.</summary>
    Hard,

    /// <summary>Any rows, in random order: for graded pairs, where no row is a negative of another.</summary>
    Shuffled,
}
