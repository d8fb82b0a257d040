using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>AnglE's similarity: rows as complex vectors, first half real, second half imaginary; |sum of both parts of x conj(y)| / (|x| |y|).</summary>
/// <remarks>Li and Li 2023, arXiv:2309.12871, eq. 5 to 7. A row of odd length is padded with one zero. With a zero row it is 0.</remarks>
internal sealed class AngleMeasure : IPairMeasure
{
    public bool DirectionOnly => true;

    public T Of<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
        T.Abs(Signed(x, y)) * RowKernels.InverseLength(x) * RowKernels.InverseLength(y);

    public void AddGradient<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, T factor, Span<T> gradientX, Span<T> gradientY) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T signed = Signed(x, y), inverseX = RowKernels.InverseLength(x), inverseY = RowKernels.InverseLength(y);
        T sign = T.IsZero(signed) ? T.Zero : signed > T.Zero ? T.One : -T.One;
        T similarity = T.Abs(signed) * inverseX * inverseY;
        int half = (x.Length + 1) / 2;
        for (int k = 0; k < half; k++)
        {
            bool paired = half + k < x.Length;
            T a = x[k], b = paired ? x[half + k] : T.Zero, c = y[k], d = paired ? y[half + k] : T.Zero;
            gradientX[k] += factor * inverseX * ((sign * (c - d) * inverseY) - (similarity * a * inverseX));
            gradientY[k] += factor * inverseY * ((sign * (a + b) * inverseX) - (similarity * c * inverseY));
            if (paired)
            {
                gradientX[half + k] += factor * inverseX * ((sign * (c + d) * inverseY) - (similarity * b * inverseX));
                gradientY[half + k] += factor * inverseY * ((sign * (b - a) * inverseX) - (similarity * d * inverseY));
            }
        }
    }

    // x = (a, b), y = (c, d): sum of (ac + bd) + (bc - ad)
    private static T Signed<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int half = (x.Length + 1) / 2, rest = x.Length - half;
        return RowKernels.Dot(x[..half], y[..half]) - RowKernels.Dot(x[..rest], y[half..])
            + RowKernels.Dot(x[half..], y[half..]) + RowKernels.Dot(x[half..], y[..rest]);
    }
}
