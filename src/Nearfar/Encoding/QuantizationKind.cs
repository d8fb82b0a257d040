namespace Nearfar.Encoding;

/// <summary>What a value of a quantised vector may be.</summary>
public enum QuantizationKind
{
    /// <summary>One of 256 steps, evenly over the range of its dimension.</summary>
    Int8,

    /// <summary>Above 0, or not.</summary>
    Binary,
}
