namespace Nearfar.Evaluation.Similarity;

/// <summary>Why two texts have no similarity.</summary>
public enum SimilarityErrorKind
{
    /// <summary>A text is null, empty or white space.</summary>
    BlankText,

    /// <summary>The encoder threw, timed out or gave another number of vectors than texts.</summary>
    EncoderFailed,

    /// <summary>A vector has another length than the space.</summary>
    WrongLength,

    /// <summary>A vector holds NaN or infinity, or the similarity of two huge ones is not finite.</summary>
    NotFinite,

    /// <summary>A vector is all zeros: the encoder knows no token of the text.</summary>
    NoKnownToken,
}
