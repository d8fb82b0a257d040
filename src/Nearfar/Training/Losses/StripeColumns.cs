using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>The columns of a batch as the tiles want them: unit rows, packed as columns (for similarities) and as rows (for gradients).</summary>
internal sealed unsafe class StripeColumns
{
    private Memory<float> _units;           // [C, Step, Stride], zeros outside
    private Memory<float> _inverse;         // [C, Step] 1 / length, 0 for a zero row; 1 without normalisation
    private Memory<float> _asColumns;       // C times [Step / 32][D][32]
    private Memory<float> _asRows;          // C times [Stride / 32][Step][32]
    private Rows<float>[] _columns = [];
    private int _step;
    private bool _cosine, _packRows;

    /// <summary>D.</summary>
    public int Dimensions { get; private set; }

    /// <summary>D rounded up to whole panels.</summary>
    public int Stride { get; private set; }

    public static int Padded(int dimensions) => Lanes.RoundUp(dimensions, MatrixKernels.PanelColumns);

    public void Load(Rows<float>[] columns, bool cosine, bool packRows, int threads)
    {
        (_columns, _cosine, _packRows, Dimensions) = (columns, cosine, packRows, columns[0].Dimensions);
        (_step, Stride) = (Lanes.RoundUp(columns[0].Count, MatrixKernels.PanelColumns), Padded(Dimensions));
        int rows = checked(columns.Length * _step);
        AlignedMemory.AtLeast(ref _units, checked(rows * Stride));
        AlignedMemory.AtLeast(ref _inverse, rows);
        AlignedMemory.AtLeast(ref _asColumns, checked(rows * Dimensions));
        if (packRows)
        {
            AlignedMemory.AtLeast(ref _asRows, checked(rows * Stride));
        }

        Blocks.Run(columns.Length * Blocks.Of(_step), threads, Normalise);
        Blocks.Run(rows / MatrixKernels.PanelColumns, threads, (panel, _) => MatrixKernels.PackTransposedPanel(_units.Span, rows, Dimensions, Stride, _asColumns.Span, panel));
        _columns = [];
    }

    /// <summary>Unit rows of a column from one row on.</summary>
    public Span<float> Units(int column, int first) => _units.Span[(((column * _step) + first) * Stride)..];

    /// <summary>A column as the packed right side of A Xᵀ.</summary>
    public Span<float> AsColumns(int column) => _asColumns.Span.Slice(column * _step * Dimensions, _step * Dimensions);

    /// <summary>A column as the packed right side of G X.</summary>
    public Span<float> AsRows(int column) => _asRows.Span.Slice(column * _step * Stride, _step * Stride);

    /// <summary>From the derivative by a unit row to that by the raw row, in place: (g - e (e.g)) / |x|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ThroughNormalisation(int column, int row, Span<float> gradient)
    {
        if (!_cosine)
        {
            return;
        }

        float inverse = _inverse.Span[(column * _step) + row];
        fixed (float* g = gradient, e = Units(column, row))
        {
            var along = Vector512.Create(-Lanes.Dot(g, e, Stride));
            for (int k = 0; k < Stride; k += Lanes.Count)
            {
                (Vector512.FusedMultiplyAdd(Vector512.Load(e + k), along, Vector512.Load(g + k)) * inverse).Store(g + k);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalise(int block, int worker)
    {
        int blocks = Blocks.Of(_step), column = block / blocks, first = block % blocks * Blocks.Rows;
        int last = Math.Min(first + Blocks.Rows, _step);
        var rows = _columns[column];
        for (int i = first; i < last; i++)
        {
            var unit = Units(column, i)[..Stride];
            unit.Clear();
            if (i < rows.Count)
            {
                rows[i].CopyTo(unit);
            }

            fixed (float* u = unit)
            {
                float inverse = _cosine ? InverseOf(Lanes.Dot(u, u, Stride)) : 1;
                _inverse.Span[(column * _step) + i] = inverse;
                for (int k = 0; k < Stride; k += Lanes.Count)
                {
                    (Vector512.Load(u + k) * inverse).Store(u + k);
                }
            }

            for (int panel = 0; _packRows && panel < Stride / MatrixKernels.PanelColumns; panel++)
            {
                unit.Slice(panel * MatrixKernels.PanelColumns, MatrixKernels.PanelColumns).CopyTo(AsRows(column)[(((panel * _step) + i) * MatrixKernels.PanelColumns)..]);
            }
        }
    }

    // A zero row has no direction: it stays zero. A row too long for a float is not made to look like one.
    private static float InverseOf(float square) => square == 0 ? 0 : float.IsFinite(square) ? 1 / MathF.Sqrt(square) : float.NaN;
}
