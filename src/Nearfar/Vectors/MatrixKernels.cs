using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nearfar.Vectors;

/// <summary>Float32 matrix products for similarities and their gradients.</summary>
/// <remarks>
/// The right side is packed into panels of 32 columns, [K][32]; the left side is read where it lies, 8 rows at a time, its columns from a copy; a tile of
/// 8 x 32 outputs stays in registers while K is walked. Every output is one chain of fused multiply-adds over K in index order, whatever the tile, the
/// instruction set or the number of threads: equal inputs give equal bits. Thread-safe; the caller spreads blocks over threads.
/// Without fused multiply-add in hardware (x86 before 2013) it is right and slow.
/// </remarks>
internal static unsafe class MatrixKernels
{
    /// <summary>Columns of a panel of the right side.</summary>
    public const int PanelColumns = 32;

    private const int StripRows = 8;
    private const int BlockRows = 64;
    private const int BlockDepth = 256;     // a panel's block is 32 KB: it stays in the first-level cache for all strips
    private const int PackedStrip = (StripRows * BlockDepth) + 16;      // not a power of two: the strips begin in different sets of the cache

    [ThreadStatic]
    private static Memory<float>? _strips;      // 64 columns of a transposed left side

    /// <summary>Floats of a packed right side of <paramref name="columns"/> columns and <paramref name="depth"/> rows.</summary>
    public static int PackedLength(int columns, int depth) => checked(Panels(columns) * PanelColumns * depth);

    /// <summary>Packs B [columns, depth] for A Bᵀ: row j of B becomes column j.</summary>
    /// <param name="b">Row j starts at j * stride.</param>
    /// <param name="columns">Rows of B, N.</param>
    /// <param name="depth">Values of a row, K.</param>
    /// <param name="stride">At least K.</param>
    /// <param name="packed">Receives <see cref="PackedLength"/> floats; columns past N are zero.</param>
    public static void PackTransposed(ReadOnlySpan<float> b, int columns, int depth, int stride, Span<float> packed)
    {
        RequireMatrix(b.Length, columns, depth, stride);
        Require(packed.Length >= PackedLength(columns, depth), "packed is too short");
        for (int panel = 0; panel < Panels(columns); panel++)
        {
            PackTransposedPanel(b, columns, depth, stride, packed, panel);
        }
    }

    /// <summary>One panel of <see cref="PackTransposed"/>, so that threads can share the packing.</summary>
    public static void PackTransposedPanel(ReadOnlySpan<float> b, int columns, int depth, int stride, Span<float> packed, int panel)
    {
        var into = packed.Slice(panel * PanelColumns * depth, PanelColumns * depth);
        int first = panel * PanelColumns;
        int count = Math.Min(PanelColumns, columns - first);
        if (count < PanelColumns)
        {
            into.Clear();
        }

        fixed (float* source = b, target = into)
        {
            Transpose(source + ((long)first * stride), stride, count, depth, target, PanelColumns);
        }
    }

    /// <summary>Packs B [depth, columns] for A B.</summary>
    /// <param name="b">Row k starts at k * stride.</param>
    /// <param name="depth">Rows of B, K.</param>
    /// <param name="columns">Columns of B, N.</param>
    /// <param name="stride">At least N.</param>
    /// <param name="packed">Receives <see cref="PackedLength"/> floats; columns past N are zero.</param>
    public static void Pack(ReadOnlySpan<float> b, int depth, int columns, int stride, Span<float> packed)
    {
        RequireMatrix(b.Length, depth, columns, stride);
        Require(packed.Length >= PackedLength(columns, depth), "packed is too short");
        for (int panel = 0; panel < Panels(columns); panel++)
        {
            int first = panel * PanelColumns;
            int count = Math.Min(PanelColumns, columns - first);
            var into = packed.Slice(panel * PanelColumns * depth, PanelColumns * depth);
            for (int k = 0; k < depth; k++)
            {
                var row = into.Slice(k * PanelColumns, PanelColumns);
                b.Slice((k * stride) + first, count).CopyTo(row);
                row[count..].Clear();
            }
        }
    }

    /// <summary>C = A B, or C += A B.</summary>
    /// <param name="a">Left side [rows, depth], row i at i * strideA; with <paramref name="transposeA"/> [depth, rows], row k at k * strideA.</param>
    /// <param name="rows">Rows of C, M.</param>
    /// <param name="depth">What is summed over, K.</param>
    /// <param name="strideA">Distance from row to row of A.</param>
    /// <param name="packed">The right side as <see cref="Pack"/> or <see cref="PackTransposed"/> left it.</param>
    /// <param name="columns">Columns of C, N.</param>
    /// <param name="c">Receives [rows, columns], row i at i * strideC.</param>
    /// <param name="strideC">At least N.</param>
    /// <param name="transposeA">Whether Aᵀ is the left side.</param>
    /// <param name="accumulate">Whether C is added to; its value is then the start of the chain.</param>
    /// <param name="set">Null: the machine's best.</param>
    /// <param name="panelDepth">Depth of the packed panels where they are deeper than K: <paramref name="packed"/> then begins at the row of them that K begins with.</param>
    public static void Multiply(ReadOnlySpan<float> a, int rows, int depth, int strideA, ReadOnlySpan<float> packed, int columns,
        Span<float> c, int strideC, bool transposeA = false, bool accumulate = false, KernelSet? set = null, int? panelDepth = null)
    {
        RequireMatrix(a.Length, transposeA ? depth : rows, transposeA ? rows : depth, strideA);
        RequireMatrix(c.Length, rows, columns, strideC);
        Require(columns == 0 || packed.Length >= ((long)(Panels(columns) - 1) * PanelColumns * (panelDepth ?? depth)) + ((long)PanelColumns * depth), "packed is too short");
        if (depth == 0 && !accumulate)
        {
            ClearRows(c, rows, columns, strideC);
        }

        var tile = new Tile(set ?? KernelSets.Best);
        var strips = transposeA ? (_strips ??= AlignedMemory.Allocate(BlockRows / StripRows * PackedStrip)).Span : default;
        fixed (float* pa = a, pb = packed, pc = c, ps = strips)
        {
            for (int row = 0; row < rows; row += BlockRows)
            {
                int count = Math.Min(BlockRows, rows - row);
                for (int k = 0; k < depth; k += BlockDepth)
                {
                    int deep = Math.Min(BlockDepth, depth - k);
                    var left = transposeA
                        ? PackStrips(pa + ((long)k * strideA) + row, strideA, count, deep, ps)
                        : new Left(pa + ((long)row * strideA) + k, strideA, false, (nint)StripRows * strideA);
                    MultiplyBlock(tile, left, count, deep, pb + (k * PanelColumns), panelDepth ?? depth, columns, pc + ((long)row * strideC), strideC, accumulate || k > 0);
                }
            }
        }
    }

    /// <summary>scores = A Bᵀ for row-major A [rowsA, d] and B [rowsB, d] without gaps; packs B by itself. Cheap from some 16 rows of A on.</summary>
    /// <param name="a">Left rows.</param>
    /// <param name="rowsA">M.</param>
    /// <param name="b">Right rows.</param>
    /// <param name="rowsB">N.</param>
    /// <param name="d">Dimensions.</param>
    /// <param name="scores">Receives [rowsA, rowsB].</param>
    public static void MultiplyTransposed(ReadOnlySpan<float> a, int rowsA, ReadOnlySpan<float> b, int rowsB, int d, Span<float> scores)
    {
        float[] packed = ArrayPool<float>.Shared.Rent(PackedLength(rowsB, d));
        try
        {
            PackTransposed(b, rowsB, d, d, packed);
            Multiply(a, rowsA, d, d, packed, rowsB, scores, rowsB);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(packed);
        }
    }

    /// <summary>Panels of 32 columns that hold <paramref name="columns"/>.</summary>
    public static int Panels(int columns) => (columns + PanelColumns - 1) / PanelColumns;

    // Part of the left side in strips of 8: value i of index k at i * Stride + k, or by columns at k * Stride + i.
    private readonly record struct Left(nint Start, nint Stride, bool Columns, nint Strip)
    {
        public Left(float* start, nint stride, bool columns, nint strip) : this((nint)start, stride, columns, strip) { }

        public float* At(int row) => (float*)Start + (row / StripRows * Strip);
    }

    // Columns read at the matrix's stride meet another page and few sets of the cache at every index: copied once, they are read in order by all panels.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Left PackStrips(float* a, nint strideA, int rows, int depth, float* into)
    {
        int whole = rows / StripRows, rest = rows % StripRows;
        for (int k = 0; k < depth; k++, a += strideA)
        {
            float* to = into + (k * StripRows);
            float* from = a;
            for (int strip = 0; strip < whole; strip++, from += StripRows, to += PackedStrip)
            {
                Vector256.Load(from).Store(to);
            }

            for (int i = 0; rest > 0 && i < StripRows; i++)
            {
                to[i] = i < rest ? from[i] : 0;
            }
        }

        return new Left(into, StripRows, true, PackedStrip);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyBlock(Tile tile, Left a, int rows, int depth, float* b, int depthOfPanel, int columns, float* c, int strideC, bool add)
    {
        float* edge = stackalloc float[StripRows * PanelColumns];
        float* edgeLeft = stackalloc float[rows % StripRows == 0 || a.Columns ? 0 : StripRows * BlockDepth];
        for (int column = 0; column < columns; column += PanelColumns)
        {
            float* panel = b + ((long)column * depthOfPanel);
            int wide = Math.Min(PanelColumns, columns - column);
            for (int row = 0; row < rows; row += StripRows)
            {
                int high = Math.Min(StripRows, rows - row);
                var left = high == StripRows || a.Columns ? a with { Start = (nint)a.At(row) } : Copy(a, row, high, depth, edgeLeft);
                float* into = c + ((long)row * strideC) + column;
                if (high == StripRows && wide == PanelColumns)
                {
                    tile.Run(left.At(0), left.Stride, left.Columns, panel, depth, into, strideC, add);
                    continue;
                }

                // A tile that sticks out is worked in a buffer: the same chain, and nothing is read or written past the matrices.
                CopyTile(into, strideC, edge, PanelColumns, add ? high : 0, wide);
                tile.Run(left.At(0), left.Stride, left.Columns, panel, depth, edge, PanelColumns, add);
                CopyTile(edge, PanelColumns, into, strideC, high, wide);
            }
        }
    }

    // Fewer than 8 rows, each [depth], the missing ones zero.
    private static Left Copy(Left a, int row, int high, int depth, float* into)
    {
        new Span<float>(into, StripRows * depth).Clear();
        for (int i = 0; i < high; i++)
        {
            new ReadOnlySpan<float>(a.At(row) + (i * a.Stride), depth).CopyTo(new Span<float>(into + (i * depth), depth));
        }

        return new Left(into, depth, false, 0);
    }

    private static void CopyTile(float* from, int strideFrom, float* to, int strideTo, int rows, int columns)
    {
        for (int i = 0; i < rows; i++)
        {
            new ReadOnlySpan<float>(from + ((long)i * strideFrom), columns).CopyTo(new Span<float>(to + ((long)i * strideTo), columns));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(float* from, int stride, int rows, int columns, float* into, int strideInto)
    {
        int i = 0;
        for (; i + 4 <= rows; i += 4)
        {
            float* r = from + ((long)i * stride);
            int j = 0;
            for (; j + 4 <= columns; j += 4)
            {
                Transpose4(r + j, stride, into + ((long)j * strideInto) + i, strideInto);
            }

            for (; j < columns; j++)
            {
                for (int n = 0; n < 4; n++)
                {
                    into[((long)j * strideInto) + i + n] = r[((long)n * stride) + j];
                }
            }
        }

        for (; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                into[((long)j * strideInto) + i] = from[((long)i * stride) + j];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose4(float* from, int stride, float* into, int strideInto)
    {
        float* r0 = from, r1 = from + stride, r2 = r1 + stride, r3 = r2 + stride;
        if (Sse.IsSupported)
        {
            var low01 = Sse.UnpackLow(Vector128.Load(r0), Vector128.Load(r1));
            var low23 = Sse.UnpackLow(Vector128.Load(r2), Vector128.Load(r3));
            var high01 = Sse.UnpackHigh(Vector128.Load(r0), Vector128.Load(r1));
            var high23 = Sse.UnpackHigh(Vector128.Load(r2), Vector128.Load(r3));
            Sse.MoveLowToHigh(low01, low23).Store(into);
            Sse.MoveHighToLow(low23, low01).Store(into + strideInto);
            Sse.MoveLowToHigh(high01, high23).Store(into + (2 * strideInto));
            Sse.MoveHighToLow(high23, high01).Store(into + (3 * strideInto));
            return;
        }

        for (int n = 0; n < 4; n++, into += strideInto)
        {
            into[0] = r0[n];
            into[1] = r1[n];
            into[2] = r2[n];
            into[3] = r3[n];
        }
    }

    private static void ClearRows(Span<float> c, int rows, int columns, int stride)
    {
        for (int i = 0; i < rows; i++)
        {
            c.Slice(i * stride, columns).Clear();
        }
    }

    private static void RequireMatrix(int length, int rows, int columns, int stride)
    {
        if (rows < 0 || columns < 0 || stride < columns || (rows > 0 && length < ((long)(rows - 1) * stride) + columns))
        {
            throw new ArgumentException($"{length} values do not hold {rows} rows of {columns} at a stride of {stride}");
        }
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new ArgumentException(problem);
        }
    }
}
