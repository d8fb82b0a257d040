using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>Cosine, or as a distance 1 - cosine; the cosine with a zero row is 0.</summary>
/// <param name="distance">Whether it is 1 - cosine.</param>
internal sealed class CosineMeasure(bool distance) : IPairMeasure
{
    public bool DirectionOnly => true;

    public T Of<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T cosine = RowKernels.Dot(x, y) * RowKernels.InverseLength(x) * RowKernels.InverseLength(y);
        return distance ? T.One - cosine : cosine;
    }

    // by x: (y/|y| - cos x/|x|) / |x|
    public void AddGradient<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, T factor, Span<T> gradientX, Span<T> gradientY) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T inverseX = RowKernels.InverseLength(x), inverseY = RowKernels.InverseLength(y);
        T cosine = RowKernels.Dot(x, y) * inverseX * inverseY;
        T signed = distance ? -factor : factor;
        RowKernels.AddDifference(gradientX, y, inverseY, x, inverseX * cosine, signed * inverseX);
        RowKernels.AddDifference(gradientY, x, inverseX, y, inverseY * cosine, signed * inverseY);
    }
}
