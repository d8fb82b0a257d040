using System.Runtime.Intrinsics;
using Nearfar.Vectors;

namespace Nearfar.Encoding;

/// <summary>A linear map of vectors [D] to vectors [D]: a full matrix W, or I + A B of low rank. Immutable.</summary>
/// <remarks>
/// The same bits for a vector alone, in any batch and on any processor: dot products run over 32 fixed partial sums without fused
/// multiply-add. Rows are what is trained and stored: of W, D rows; of low rank, the r rows of B, then the r columns of A.
/// </remarks>
internal sealed class AdapterMap
{
    private readonly float[] _rows;

    /// <param name="dimensions">D.</param>
    /// <param name="rank">r, or 0 for a full matrix.</param>
    /// <param name="rows">[D or 2 r, D], given away.</param>
    /// <exception cref="NearfarException">A value is not finite.</exception>
    public AdapterMap(int dimensions, int rank, float[] rows)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Length, RowsOf(dimensions, rank) * dimensions, nameof(rows));
        (Dimensions, Rank, _rows) = (dimensions, rank, rows);
        if (Array.FindIndex(rows, v => !float.IsFinite(v)) is var at and >= 0)
        {
            throw new NearfarException($"Value {at % dimensions} of row {at / dimensions} of the adapter is {rows[at]}; wanted finite numbers.");
        }
    }

    public int Dimensions { get; }

    public int Rank { get; }

    public Rows<float> Rows => new(_rows, RowsOf(Dimensions, Rank), Dimensions, Dimensions);

    public static int RowsOf(int dimensions, int rank) => rank == 0 ? dimensions : checked(2 * rank);

    /// <summary>The map that changes nothing: W = I, or A = 0 with bell-shaped rows of B (Hu et al. 2021, arXiv:2106.09685, section 4.1).</summary>
    public static AdapterMap Identity(int dimensions, int rank, ulong seed)
    {
        float[] rows = new float[checked(RowsOf(dimensions, rank) * dimensions)];
        if (rank == 0)
        {
            for (int i = 0; i < dimensions; i++)
            {
                rows[(i * dimensions) + i] = 1;
            }
        }
        else
        {
            var random = Training.Sampling.SeededRandom.For(seed, 0, "adapter");
            float size = (float)(1 / Math.Sqrt(dimensions));
            for (int i = 0; i < rank * dimensions; i++)
            {
                rows[i] = random.Bell() * size;
            }
        }

        return new AdapterMap(dimensions, rank, rows);
    }

    /// <summary>into = W x, or x + A (B x); not normalised.</summary>
    public void Apply(ReadOnlySpan<float> x, Span<float> into) => Apply(Rows, Rank, x, into);

    /// <summary>The same over rows that are still trained.</summary>
    public static void Apply(Rows<float> rows, int rank, ReadOnlySpan<float> x, Span<float> into)
    {
        if (rank == 0)
        {
            for (int j = 0; j < into.Length; j++)
            {
                into[j] = Dot(rows[j], x);
            }

            return;
        }

        x.CopyTo(into);
        for (int k = 0; k < rank; k++)
        {
            Add(Dot(rows[k], x), rows[rank + k], into);
        }
    }

    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector512<float> even = Vector512<float>.Zero, odd = even;
        int i = 0;
        for (; i + 32 <= a.Length; i += 32)
        {
            even += Vector512.Create(a[i..]) * Vector512.Create(b[i..]);
            odd += Vector512.Create(a[(i + 16)..]) * Vector512.Create(b[(i + 16)..]);
        }

        even += odd;
        float sum = 0;
        for (int lane = 0; lane < 16; lane++)
        {
            sum += even[lane];
        }

        for (; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>into += factor * x.</summary>
    public static void Add(float factor, ReadOnlySpan<float> x, Span<float> into)
    {
        int i = 0;
        for (; i + 16 <= x.Length; i += 16)
        {
            (Vector512.Create<float>(into[i..]) + (Vector512.Create(x[i..]) * factor)).CopyTo(into[i..]);
        }

        for (; i < x.Length; i++)
        {
            into[i] += factor * x[i];
        }
    }
}
