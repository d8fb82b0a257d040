namespace Nearfar.Search;

/// <summary>How an index finds its candidates. Scores are the exact ones in all of them.</summary>
public enum IndexKind
{
    /// <summary>Every float32 row is compared: always right.</summary>
    Flat,

    /// <summary>Codes of one byte a value are compared, then the best of them by their float32 rows.</summary>
    Int8,

    /// <summary>Codes of one bit a value are compared, then the best of them by their float32 rows.</summary>
    Binary,
}
