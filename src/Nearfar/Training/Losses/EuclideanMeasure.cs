using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>Euclidean distance of x + shift and y.</summary>
/// <param name="shift">Added to every difference; contrastive losses use 1e-6, as the implementation they are compared with does.</param>
internal sealed class EuclideanMeasure(double shift) : IPairMeasure
{
    public bool DirectionOnly => false;

    public T Of<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T by = T.CreateChecked(shift), sum = T.Zero;
        for (int k = 0; k < x.Length; k++)
        {
            T difference = x[k] - y[k] + by;
            sum += difference * difference;
        }

        return T.Sqrt(sum);
    }

    public void AddGradient<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, T factor, Span<T> gradientX, Span<T> gradientY) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T length = Of(x, y);
        if (T.IsZero(length))
        {
            return;
        }

        T by = T.CreateChecked(shift), scale = factor / length;
        for (int k = 0; k < x.Length; k++)
        {
            T change = (x[k] - y[k] + by) * scale;
            gradientX[k] += change;
            gradientY[k] -= change;
        }
    }
}
