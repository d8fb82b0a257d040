using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>Dot product.</summary>
internal sealed class DotMeasure : IPairMeasure
{
    public bool DirectionOnly => false;

    public T Of<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y) where T : unmanaged, IFloatingPointIeee754<T> => RowKernels.Dot(x, y);

    public void AddGradient<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, T factor, Span<T> gradientX, Span<T> gradientY) where T : unmanaged, IFloatingPointIeee754<T>
    {
        RowKernels.AddScaled(gradientX, y, factor);
        RowKernels.AddScaled(gradientY, x, factor);
    }
}
