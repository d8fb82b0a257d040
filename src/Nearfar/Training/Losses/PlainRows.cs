using System.Numerics;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>Row arithmetic in plain loops, for the path that proves.</summary>
internal static class PlainRows
{
    /// <summary>Unit rows without gaps and 1 / length. A zero row (no direction) stays zero, with a zero gradient.</summary>
    public static (T[] Rows, T[] Inverse) Unit<T>(Rows<T> rows) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = rows.Dimensions;
        T[] unit = Copy(rows);
        T[] inverse = new T[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            T square = Dot(unit, i * d, unit, i * d, d);
            inverse[i] = T.IsZero(square) ? T.Zero : T.IsFinite(square) ? T.One / T.Sqrt(square) : T.NaN;
            for (int k = 0; k < d; k++)
            {
                unit[(i * d) + k] *= inverse[i];
            }
        }

        return (unit, inverse);
    }

    /// <summary>The rows without gaps.</summary>
    public static T[] Copy<T>(Rows<T> rows) where T : unmanaged
    {
        T[] copy = new T[rows.Count * rows.Dimensions];
        for (int i = 0; i < rows.Count; i++)
        {
            rows[i].CopyTo(copy.AsSpan(i * rows.Dimensions));
        }

        return copy;
    }

    /// <summary>From the derivative by unit rows to the derivative by raw ones. d/dx of x/|x|: (g - e (e.g)) / |x|.</summary>
    public static void ThroughNormalisation<T>((T[] Rows, T[] Inverse) unit, ReadOnlySpan<T> gradient, Rows<T> into) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = into.Dimensions;
        for (int i = 0; i < into.Count; i++)
        {
            var g = gradient.Slice(i * d, d);
            var e = unit.Rows.AsSpan(i * d, d);
            T along = T.Zero;
            for (int k = 0; k < d; k++)
            {
                along += e[k] * g[k];
            }

            var row = into[i];
            for (int k = 0; k < d; k++)
            {
                row[k] = (g[k] - (e[k] * along)) * unit.Inverse[i];
            }
        }
    }

    public static T Dot<T>(T[] a, int atA, T[] b, int atB, int d) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T sum = T.Zero;
        for (int k = 0; k < d; k++)
        {
            sum += a[atA + k] * b[atB + k];
        }

        return sum;
    }

    public static void AddScaled<T>(T[] into, int at, T[] from, int atFrom, T factor, int d) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int k = 0; k < d; k++)
        {
            into[at + k] += factor * from[atFrom + k];
        }
    }
}
