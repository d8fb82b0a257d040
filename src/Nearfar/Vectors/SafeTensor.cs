namespace Nearfar.Vectors;

/// <summary>A tensor of a safetensors file, as its header describes it.</summary>
/// <param name="Name">Key in the header.</param>
/// <param name="Dtype"><c>F32</c>, <c>F16</c>, <c>BF16</c>, <c>F64</c>, <c>I8</c>, <c>U8</c>, <c>I16</c>, <c>I32</c> or <c>I64</c>.</param>
/// <param name="Shape">Lengths of the axes; empty for a scalar.</param>
/// <param name="Start">First byte behind the header.</param>
/// <param name="Length">Bytes.</param>
public sealed record SafeTensor(string Name, string Dtype, IReadOnlyList<long> Shape, long Start, long Length)
{
    /// <summary>Product of the shape.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => checked(a * b));
}
