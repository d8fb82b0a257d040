using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>The float path of <see cref="InfoNceLoss"/>: three matrix products over unit rows, with the softmax between them. Not thread-safe; keeps its scratch.</summary>
/// <remarks>
/// Documents are normalised and packed first, anchors by the stripe that uses them. These are worked in slabs, as many stripes of 64 as fit the bytes allowed (at
/// least one for each thread): similarities, softmax, their own gradient, then the slab's part of the documents' gradient. That goes on from slab to slab as one chain in the order of the anchors, so the bits do not depend on the
/// size of a slab or the number of threads. A similarity is computed once.
/// </remarks>
internal sealed unsafe class InfoNceStripes
{
    private Memory<float> _units;           // [B + N, P] unit rows at a stride, P = D rounded up to 32, zeros behind D
    private Memory<float> _inverse;         // [B + N] 1 / length, 0 for a zero row
    private Memory<float> _documentColumns; // documents packed as columns, for S = A Dᵀ
    private Memory<float> _documentRows;    // documents packed as rows, for dA = G D
    private Memory<float> _anchorRows;      // anchors packed as rows, for dD = Gᵀ A
    private Memory<float> _softmax;         // G: [slab, W], W = N rounded up to 32
    private double[] _losses = [];

    private readonly Action<int, int> _packDocuments, _anchorStripe, _documentBlock;     // made once, not at every step
    private int _pairs, _documents, _learned, _dimensions, _padded, _unitStride, _width, _stride;
    private int _first, _slab;              // anchors of the slab
    private float _scale, _share;
    private RowSide _side = RowSide.Empty;
    private Rows<float>[] _columns = [], _gradients = [];

    public InfoNceStripes() => (_packDocuments, _anchorStripe, _documentBlock) = (PackDocuments, AnchorStripe, DocumentBlock);

    public double Evaluate(Rows<float>[] columns, RowSide side, Rows<float>[] gradients, double temperature, int threads, long keptBytes)
    {
        (_columns, _side, _gradients) = (columns, side, gradients);
        (_pairs, _dimensions) = (columns[0].Count, columns[0].Dimensions);
        (_documents, _learned) = (_pairs * (columns.Length - 1), _pairs * (gradients.Length - 1));
        _padded = Lanes.RoundUp(_dimensions, MatrixKernels.PanelColumns);
        _unitStride = StrideOf(_padded);
        _width = Lanes.RoundUp(_documents, MatrixKernels.PanelColumns);
        _stride = StrideOf(_width);
        _scale = (float)(1 / temperature);
        _share = (float)(1 / temperature / _pairs);
        int slab = Math.Min(_pairs, Blocks.Rows * (int)Math.Clamp(keptBytes / sizeof(float) / _stride / Blocks.Rows, Math.Max(1, threads), int.MaxValue / Blocks.Rows));
        Reserve(slab);
        Blocks.Run(Blocks.Of(_documents), threads, _packDocuments);
        for (_first = 0; _first < _pairs; _first += slab)
        {
            _slab = Math.Min(slab, _pairs - _first);
            Blocks.Run(Blocks.Of(_slab), threads, _anchorStripe);
            Blocks.Run(Blocks.Of(_learned), threads, _documentBlock);
        }

        (_columns, _gradients, _side) = ([], [], RowSide.Empty);
        double loss = 0;
        for (int i = 0; i < _pairs; i++)
        {
            loss += _losses[i];     // in order: the same bits for any number of threads
        }

        return loss / _pairs;
    }

    // An odd number of cache lines: rows or columns that are read side by side fall into different sets of the cache.
    private static int StrideOf(int width) => width + Lanes.Count;

    private void Reserve(int slab)
    {
        AlignedMemory.AtLeast(ref _units, checked((_pairs + _documents) * _unitStride));
        AlignedMemory.AtLeast(ref _inverse, _pairs + _documents);
        AlignedMemory.AtLeast(ref _documentColumns, _width * _dimensions);
        AlignedMemory.AtLeast(ref _documentRows, _documents * _padded);
        AlignedMemory.AtLeast(ref _anchorRows, _pairs * _padded);
        AlignedMemory.AtLeast(ref _softmax, checked(slab * _stride));
        if (_losses.Length < _pairs)
        {
            _losses = new double[_pairs];
        }
    }

    // 64 documents: unit rows, and their places in both packed matrices.
    private void PackDocuments(int block, int worker)
    {
        int first = block * Blocks.Rows, last = Math.Min(first + Blocks.Rows, _documents);
        for (int done = first; done < last;)
        {
            // A block may reach over the end of a column: each column has its own rows.
            int row = done % _pairs, count = Math.Min(last - done, _pairs - row);
            Normalise(1 + (done / _pairs), row, count);
            done += count;
        }

        for (int panel = first / MatrixKernels.PanelColumns; panel * MatrixKernels.PanelColumns < last; panel++)
        {
            MatrixKernels.PackTransposedPanel(_units.Span[(_pairs * _unitStride)..], _documents, _dimensions, _unitStride, _documentColumns.Span, panel);
        }
    }

    // Rows of one column: unit rows, and their places in the packed matrix while they are in registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalise(int column, int first, int count)
    {
        var rows = _columns[column];
        nint depth = column == 0 ? _pairs : _documents;
        fixed (float* raw = rows.Data.Span, units = _units.Span, inverses = _inverse.Span, packed = (column == 0 ? _anchorRows : _documentRows).Span)
        {
            for (int row = first; row < first + count; row++)
            {
                nint number = ((nint)column * _pairs) + row;
                float* unit = units + (number * _unitStride);
                float* place = packed + ((column == 0 ? row : number - _pairs) * MatrixKernels.PanelColumns);
                new ReadOnlySpan<float>(raw + ((nint)row * rows.Stride), _dimensions).CopyTo(new Span<float>(unit, _padded));
                new Span<float>(unit + _dimensions, _padded - _dimensions).Clear();
                float inverse = InverseOf(Lanes.Dot(unit, unit, _padded));
                inverses[number] = inverse;
                for (int k = 0; k < _padded; k += MatrixKernels.PanelColumns, place += depth * MatrixKernels.PanelColumns)
                {
                    var low = Vector512.Load(unit + k) * inverse;
                    var high = Vector512.Load(unit + k + Lanes.Count) * inverse;
                    low.Store(unit + k);
                    low.Store(place);
                    high.Store(unit + k + Lanes.Count);
                    high.Store(place + Lanes.Count);
                }
            }
        }
    }

    // A zero row has no direction: it stays zero. A row too long for a float is not made to look like one.
    private static float InverseOf(float square) => square == 0 ? 0 : float.IsFinite(square) ? 1 / MathF.Sqrt(square) : float.NaN;

    // 64 anchors, unit rows now, against all documents: similarities, softmax, gradient of the anchors.
    private void AnchorStripe(int block, int worker)
    {
        int at = block * Blocks.Rows, first = _first + at;
        int rows = Math.Min(Blocks.Rows, _slab - at);
        var stripe = _softmax.Span.Slice(at * _stride, rows * _stride);
        Normalise(0, first, rows);
        MatrixKernels.Multiply(_units.Span[(first * _unitStride)..], rows, _dimensions, _unitStride, _documentColumns.Span, _width, stripe, _stride);
        for (int i = 0; i < rows; i++)
        {
            SoftmaxMinusTarget(stripe.Slice(i * _stride, _width), first + i);
        }

        var gradient = _gradients[0].Slice(first, rows);
        MatrixKernels.Multiply(stripe, rows, _documents, _stride, _documentRows.Span, _dimensions, gradient.Data.Span, gradient.Stride);
        ThroughNormalisation(gradient, first);
    }

    // AggressiveOptimization here and below: vector loops that would else run unoptimised for their first second.
    // Similarities of one anchor become (softmax - target) / (B T).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SoftmaxMinusTarget(Span<float> row, int anchor)
    {
        MaskOut(row, anchor);
        float own = row[anchor];
        fixed (float* r = row)
        {
            var largest = Vector512.Create(float.NegativeInfinity);
            for (int j = 0; j < row.Length; j += Lanes.Count)
            {
                largest = Vector512.MaxNative(largest, Vector512.Load(r + j));
            }

            float max = Lanes.Max(largest);
            var sum = Vector512<float>.Zero;
            for (int j = 0; j < row.Length; j += Lanes.Count)
            {
                var e = Lanes.ExpOfNegative((Vector512.Load(r + j) - Vector512.Create(max)) * _scale);
                e.Store(r + j);
                sum += e;
            }

            float total = Lanes.Sum(sum);
            float normaliser = _share / total;
            for (int j = 0; j < row.Length; j += Lanes.Count)
            {
                (Vector512.Load(r + j) * normaliser).Store(r + j);
            }

            row[anchor] -= _share;
            _losses[anchor] = Math.Log(total) - ((double)(own - max) * _scale);
        }
    }

    private void MaskOut(Span<float> row, int anchor)
    {
        float own = row[anchor];
        foreach (int j in _side.AbsentDocuments.Span)
        {
            row[j] = float.NegativeInfinity;
        }

        foreach (int j in _side.MaskOf(anchor))
        {
            row[j] = float.NegativeInfinity;
        }

        row[_documents..].Fill(float.NegativeInfinity);
        row[anchor] = own;
    }

    // What the slab's anchors add to the gradient of 64 documents; after the last slab it goes through the normalisation.
    private void DocumentBlock(int block, int worker)
    {
        int first = block * Blocks.Rows;
        int rows = Math.Min(Blocks.Rows, _learned - first);
        for (int done = 0; done < rows;)
        {
            // A block may reach over the end of a column: each column has its own rows.
            int column = 1 + ((first + done) / _pairs);
            int from = (first + done) % _pairs;
            int count = Math.Min(rows - done, _pairs - from);
            var gradient = _gradients[column].Slice(from, count);
            MatrixKernels.Multiply(_softmax.Span[(first + done)..], count, _slab, _stride, _anchorRows.Span[(_first * MatrixKernels.PanelColumns)..], _dimensions,
                gradient.Data.Span, gradient.Stride, transposeA: true, accumulate: _first > 0, panelDepth: _pairs);
            if (_first + _slab == _pairs)
            {
                ThroughNormalisation(gradient, (column * _pairs) + from);
            }

            done += count;
        }
    }

    // d/dx of x/|x|: (g - e (e.g)) / |x|, in place.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ThroughNormalisation(Rows<float> gradient, int number)
    {
        float* padded = stackalloc float[_padded];
        new Span<float>(padded, _padded).Clear();
        fixed (float* rows = gradient.Data.Span, units = _units.Span, inverses = _inverse.Span)
        {
            for (int i = 0; i < gradient.Count; i++)
            {
                float* row = rows + ((nint)i * gradient.Stride);
                float* e = units + ((nint)(number + i) * _unitStride);
                if (_dimensions == _padded)
                {
                    Project(row, e, _padded, inverses[number + i]);
                    continue;
                }

                new ReadOnlySpan<float>(row, _dimensions).CopyTo(new Span<float>(padded, _padded));
                Project(padded, e, _padded, inverses[number + i]);
                new ReadOnlySpan<float>(padded, _dimensions).CopyTo(new Span<float>(row, _dimensions));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Project(float* gradient, float* unit, int n, float inverse)
    {
        var along = Vector512.Create(-Lanes.Dot(gradient, unit, n));
        for (int k = 0; k < n; k += Lanes.Count)
        {
            (Vector512.FusedMultiplyAdd(Vector512.Load(unit + k), along, Vector512.Load(gradient + k)) * inverse).Store(gradient + k);
        }
    }
}
