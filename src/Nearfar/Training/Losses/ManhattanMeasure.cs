using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>Sum of the absolute differences of x + shift and y; a difference of 0 has derivative 0.</summary>
/// <param name="shift">Added to every difference.</param>
internal sealed class ManhattanMeasure(double shift) : IPairMeasure
{
    public bool DirectionOnly => false;

    public T Of<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T by = T.CreateChecked(shift), sum = T.Zero;
        for (int k = 0; k < x.Length; k++)
        {
            sum += T.Abs(x[k] - y[k] + by);
        }

        return sum;
    }

    public void AddGradient<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, T factor, Span<T> gradientX, Span<T> gradientY) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T by = T.CreateChecked(shift);
        for (int k = 0; k < x.Length; k++)
        {
            T difference = x[k] - y[k] + by;
            T change = T.IsZero(difference) ? T.Zero : difference > T.Zero ? factor : -factor;
            gradientX[k] += change;
            gradientY[k] -= change;
        }
    }
}
