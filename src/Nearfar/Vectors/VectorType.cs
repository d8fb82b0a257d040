namespace Nearfar.Vectors;

/// <summary>How the values of a vector file are stored.</summary>
public enum VectorType
{
    /// <summary>float32, 4 bytes a value: the vectors themselves.</summary>
    Single,

    /// <summary>float16, 2 bytes a value; 11 significant bits.</summary>
    Half,

    /// <summary>One byte a value by <see cref="Int8Ranges"/>, a start and a step for each dimension.</summary>
    Int8,

    /// <summary>One bit a value, 1 where it is above 0, the most significant bit first.</summary>
    Binary,
}
