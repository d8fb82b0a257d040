using System.Numerics;
using System.Runtime.InteropServices;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>Products of rows with each other, 64 rows against all at a time: the tiles in float, plain loops in double. Equal bits for any number of threads.</summary>
internal sealed class GramStripes<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int ColumnBlock = 512;        // a multiple of a panel
    private const int HighRows = 8;
    private readonly T[] _rows;
    private readonly int _count, _d, _threads;
    private readonly float[] _packedColumns = [], _packedRows = [], _packedStripe = [];

    /// <param name="rows">[N, D] without gaps.</param>
    /// <param name="count">N.</param>
    /// <param name="d">D.</param>
    /// <param name="threads">How many may work.</param>
    public GramStripes(T[] rows, int count, int d, int threads)
    {
        (_rows, _count, _d, _threads) = (rows, count, d, threads);
        if (typeof(T) == typeof(float))
        {
            var single = Single<T>(rows.AsSpan());
            _packedColumns = new float[MatrixKernels.PackedLength(count, d)];
            _packedRows = new float[MatrixKernels.PackedLength(d, count)];
            _packedStripe = new float[MatrixKernels.PackedLength(d, Blocks.Rows)];
            MatrixKernels.PackTransposed(single, count, d, d, _packedColumns);
            MatrixKernels.Pack(single, count, d, d, _packedRows);
        }
    }

    /// <summary>Squared lengths, each bit-equal to the product of the row with an equal row, so that equal rows are at distance 0.</summary>
    public T[] Squares()
    {
        T[] squares = new T[_count];
        for (int i = 0; i < _count; i++)
        {
            var row = _rows.AsSpan(i * _d, _d);
            if (typeof(T) == typeof(float))
            {
                foreach (T value in row)
                {
                    squares[i] = T.FusedMultiplyAdd(value, value, squares[i]);      // the chain of the tiles
                }
            }
            else
            {
                squares[i] = RowKernels.Dot<T>(row, row);
            }
        }

        return squares;
    }

    /// <summary>Rows [first, first + rows) times all rows.</summary>
    /// <param name="first">First row of the stripe.</param>
    /// <param name="rows">At most 64.</param>
    /// <param name="into">Receives [rows, N].</param>
    public void Products(int first, int rows, T[] into) =>
        Blocks.Run((_count + ColumnBlock - 1) / ColumnBlock, _threads, (block, _) =>
        {
            int column = block * ColumnBlock, columns = Math.Min(ColumnBlock, _count - column);
            if (typeof(T) == typeof(float))
            {
                MatrixKernels.Multiply(Single<T>(_rows.AsSpan(first * _d)), rows, _d, _d, _packedColumns.AsSpan(column * _d), columns, Single(into.AsSpan(column)), _count);
                return;
            }

            for (int i = 0; i < rows; i++)
            {
                for (int j = column; j < column + columns; j++)
                {
                    into[(i * _count) + j] = RowKernels.Dot<T>(_rows.AsSpan((first + i) * _d, _d), _rows.AsSpan(j * _d, _d));
                }
            }
        });

    /// <summary>gradient of the stripe += weights times all rows; gradient of all rows += weights transposed times the stripe.</summary>
    /// <param name="weights">[rows, N].</param>
    /// <param name="first">First row of the stripe.</param>
    /// <param name="rows">At most 64.</param>
    /// <param name="gradient">[N, D].</param>
    public void AddWeighted(T[] weights, int first, int rows, T[] gradient)
    {
        Blocks.Run((rows + HighRows - 1) / HighRows, _threads, (block, _) => AddToStripe(weights, first, block * HighRows, Math.Min(HighRows, rows - (block * HighRows)), gradient));
        if (typeof(T) == typeof(float))
        {
            MatrixKernels.Pack(Single<T>(_rows.AsSpan(first * _d)), rows, _d, _d, _packedStripe);
        }

        Blocks.Run(Blocks.Of(_count), _threads, (block, _) => AddToAll(weights, first, rows, block * Blocks.Rows, Math.Min(Blocks.Rows, _count - (block * Blocks.Rows)), gradient));
    }

    private void AddToStripe(T[] weights, int first, int row, int rows, T[] gradient)
    {
        var into = gradient.AsSpan((first + row) * _d);
        if (typeof(T) == typeof(float))
        {
            MatrixKernels.Multiply(Single<T>(weights.AsSpan(row * _count)), rows, _count, _count, _packedRows, _d, Single(into), _d, accumulate: true);
            return;
        }

        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < _count; j++)
            {
                RowKernels.AddScaled(into.Slice(i * _d, _d), _rows.AsSpan(j * _d, _d), weights[((row + i) * _count) + j]);
            }
        }
    }

    private void AddToAll(T[] weights, int first, int rows, int column, int columns, T[] gradient)
    {
        var into = gradient.AsSpan(column * _d);
        if (typeof(T) == typeof(float))
        {
            MatrixKernels.Multiply(Single<T>(weights.AsSpan(column)), columns, rows, _count, _packedStripe, _d, Single(into), _d, transposeA: true, accumulate: true);
            return;
        }

        for (int j = 0; j < columns; j++)
        {
            for (int i = 0; i < rows; i++)
            {
                RowKernels.AddScaled(into.Slice(j * _d, _d), _rows.AsSpan((first + i) * _d, _d), weights[(i * _count) + column + j]);
            }
        }
    }

    private static Span<float> Single<TFrom>(Span<TFrom> values) where TFrom : unmanaged => MemoryMarshal.Cast<TFrom, float>(values);      // only where TFrom is float
}
