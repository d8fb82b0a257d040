using System.Numerics;
using Nearfar.Training.Losses;
using Nearfar.Vectors;

namespace Nearfar.Tests.Training.Losses;

/// <summary>Batches for loss tests.</summary>
internal static class Batch
{
    public static LossBatch<T> Of<T>(RowSide side, params T[][,] columns) where T : unmanaged =>
        new([.. columns.Select(c => new Rows<T>(c.Cast<T>().ToArray(), c.GetLength(0), c.GetLength(1), c.GetLength(1)))], side);

    /// <summary>Values in [-1, 1) from a linear congruence.</summary>
    public static LossBatch<double> Random(int pairs, int dimensions, int columns, int seed, RowSide? side = null)
    {
        ulong x = (ulong)seed;
        return new LossBatch<double>([.. Enumerable.Range(0, columns).Select(_ => Column())], side ?? RowSide.Empty);

        Rows<double> Column()
        {
            double[] values = new double[pairs * dimensions];
            for (int i = 0; i < values.Length; i++)
            {
                x = (x * 6364136223846793005) + 1442695040888963407;
                values[i] = ((x >> 11) / (double)(1L << 52)) - 1;
            }

            return new Rows<double>(values, pairs, dimensions, dimensions);
        }
    }

    /// <summary>E(c, n, d) of the conformance vectors: sin(1.7 (i + 1) + 0.9 (j + 1)(c + 1)).</summary>
    public static Rows<double> Wave(int c, int n, int d)
    {
        var rows = Rows.Allocate<double>(n, d);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < d; j++)
            {
                rows[i][j] = Math.Sin((1.7 * (i + 1)) + (0.9 * (j + 1) * (c + 1)));
            }
        }

        return rows;
    }

    public static Rows<T>[] NewGradients<T>(this LossBatch<T> batch, T fill = default) where T : unmanaged
    {
        var gradients = batch.Columns.Select(c => Rows.Allocate<T>(c.Count, c.Dimensions)).ToArray();
        foreach (var g in gradients)
        {
            g.Data.Span.Fill(fill);
        }

        return gradients;
    }

    public static LossBatch<TTo> To<TFrom, TTo>(this LossBatch<TFrom> batch)
        where TFrom : unmanaged, INumber<TFrom>
        where TTo : unmanaged, INumber<TTo> =>
        new([.. batch.Columns.Select(c => new Rows<TTo>(c.Data.ToArray().Select(TTo.CreateChecked).ToArray(), c.Count, c.Dimensions, c.Stride))], batch.Side);

    public static T[] Flat<T>(this IEnumerable<Rows<T>> rows) where T : unmanaged => [.. rows.SelectMany(r => Enumerable.Range(0, r.Count).SelectMany(i => r[i].ToArray()))];

    /// <summary>A mask from one list of documents for each anchor.</summary>
    public static RowSide Masked(IReadOnlyList<int[]> documents, params int[] absent)
    {
        int[] offsets = new int[documents.Count + 1];
        for (int i = 0; i < documents.Count; i++)
        {
            offsets[i + 1] = offsets[i] + documents[i].Length;
        }

        return new RowSide { MaskOffsets = offsets, MaskedDocuments = documents.SelectMany(d => d).ToArray(), AbsentDocuments = absent };
    }
}
