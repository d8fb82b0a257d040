namespace Nearfar.Training;

/// <summary>What the other positives of a question are to it, where they stand in its batch as documents of other rows.</summary>
public enum OtherPositives
{
    /// <summary>No negatives: the loss leaves them out.</summary>
    Masked,

    /// <summary>Negatives, as in sentence-transformers: for answers that are right but less wanted, such as the English page of a German question. The question itself as a document is left out all the same.</summary>
    Negatives,
}
