using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>The float path of <see cref="PairEngine"/>: matrix products with the rule between them. Not thread-safe; keeps its scratch.</summary>
/// <remarks>
/// Pairs are worked in slabs, as many stripes of 64 as fit the bytes allowed (at least one for each thread): similarities, rule, the derivative by the
/// slab's own rows, then its part of the derivative by the rows it was compared with. Products that go on from slab to slab go on as one chain in the
/// order of the pairs, so the bits do not depend on the size of a slab or the number of threads. A similarity is computed once.
/// </remarks>
internal sealed unsafe class PairStripes
{
    private readonly StripeColumns _rows = new(), _guide = new();
    private readonly Memory<float>[] _own = new Memory<float>[2];        // by view: [B, P] derivative by the row that is compared
    private readonly Memory<float>[] _others = new Memory<float>[2];     // by view: [columns, Step, P] derivative by the rows it is compared with
    private readonly Memory<float>[] _packed = new Memory<float>[2];     // by view: the slab's rows packed as rows
    private Memory<float> _similarities;    // [slab, stride]
    private Memory<float> _guideStripes;    // for each worker [64, stride]
    private Memory<float> _scratch;         // for each worker [stride]
    private PairShare[] _shares = [];

    private PairLayout _layout = new([], 0, 0, 0);
    private Rows<float>[] _gradients = [];
    private IPairRule? _rule;
    private int _first, _slab, _stride;
    private bool _guided;

    public PairShare Evaluate(Rows<float>[] columns, Rows<float>[] guide, bool cosine, PairView[] views, IPairRule rule, Rows<float>[]? gradients, int threads, long keptBytes)
    {
        int pairs = columns[0].Count;
        _layout = new PairLayout(views, columns.Length, pairs, Lanes.RoundUp(pairs, MatrixKernels.PanelColumns));
        (_rule, _guided, _gradients) = (rule, guide.Length > 0, gradients ?? []);
        _stride = _layout.Width + Lanes.Count;      // a power of two would put a column into few sets of the cache
        int slab = Math.Min(pairs, Blocks.Rows * (int)Math.Clamp(keptBytes / sizeof(float) / _stride / Blocks.Rows, Math.Max(1, threads), int.MaxValue / Blocks.Rows));
        Reserve(slab, pairs, threads, gradients is not null);
        _rows.Load(columns, cosine, packRows: gradients is not null, threads);
        if (_guided)
        {
            _guide.Load(guide, cosine: true, packRows: false, threads);
        }

        var total = default(PairShare);
        for (_first = 0; _first < pairs; _first += slab)
        {
            _slab = Math.Min(slab, pairs - _first);
            Blocks.Run(Blocks.Of(_slab), threads, Stripe);
            for (int i = 0; i < _slab; i++)
            {
                total += _shares[i];        // in order: the same bits for any number of threads
            }

            if (gradients is not null)
            {
                Blocks.Run(views.Length * MatrixKernels.Panels(_rows.Dimensions), threads, PackSlab);
                Blocks.Run(gradients.Length * Blocks.Of(pairs), threads, SpreadToOthers);
            }
        }

        if (gradients is not null)
        {
            Blocks.Run(gradients.Length * Blocks.Of(pairs), threads, Write);
        }

        (_rule, _gradients) = (null, []);
        return total;
    }

    private void Reserve(int slab, int pairs, int threads, bool gradients)
    {
        AlignedMemory.AtLeast(ref _similarities, checked(slab * _stride));
        AlignedMemory.AtLeast(ref _scratch, checked(threads * _stride));
        if (_guided)
        {
            AlignedMemory.AtLeast(ref _guideStripes, checked(threads * Blocks.Rows * _stride));
        }

        if (_shares.Length < slab)
        {
            _shares = new PairShare[slab];
        }

        if (gradients)
        {
            int padded = StripeColumns.Padded(_gradients[0].Dimensions);
            for (int v = 0; v < _layout.Views.Length; v++)
            {
                AlignedMemory.AtLeast(ref _own[v], checked(pairs * padded));
                AlignedMemory.AtLeast(ref _others[v], checked(_gradients.Length * _layout.Step * padded)).Span.Clear();
                AlignedMemory.AtLeast(ref _packed[v], checked(slab * padded));
            }
        }
    }

    // 64 pairs: similarities, rule, derivative by their own rows.
    private void Stripe(int block, int worker)
    {
        int at = block * Blocks.Rows, count = Math.Min(Blocks.Rows, _slab - at);
        var stripe = _similarities.Span.Slice(at * _stride, count * _stride);
        var guide = _guided ? _guideStripes.Span.Slice(worker * Blocks.Rows * _stride, count * _stride) : default;
        Compare(_rows, at, count, stripe);
        if (_guided)
        {
            Compare(_guide, at, count, guide);
        }

        for (int i = 0; i < count; i++)
        {
            var row = stripe.Slice(i * _stride, _layout.Width);
            Outside(row, float.NegativeInfinity);
            _shares[at + i] = _rule!.Turn(new PairRow<float>(_layout, _first + at + i, row, _guided ? guide.Slice(i * _stride, _layout.Width) : default, _scratch.Span.Slice(worker * _stride, _layout.Width)));
            Outside(row, 0);
        }

        if (_gradients.Length > 0)
        {
            SpreadToOwn(at, count, stripe);
        }
    }

    private void Compare(StripeColumns rows, int at, int count, Span<float> stripe)
    {
        foreach (var view in _layout.Views)
        {
            for (int c = view.First; c < view.End; c++)
            {
                MatrixKernels.Multiply(rows.Units(view.Left, _first + at), count, rows.Dimensions, rows.Stride, rows.AsColumns(c), _layout.Step, stripe[_layout.At(view.Left, c)..], _stride);
            }
        }
    }

    private void Outside(Span<float> row, float value)
    {
        for (int at = 0; at < row.Length && _layout.Step > _layout.Pairs; at += _layout.Step)
        {
            row[(at + _layout.Pairs)..(at + _layout.Step)].Fill(value);
        }
    }

    private void SpreadToOwn(int at, int count, Span<float> stripe)
    {
        for (int v = 0; v < _layout.Views.Length; v++)
        {
            var view = _layout.Views[v];
            var into = _own[v].Span[((_first + at) * _rows.Stride)..];
            for (int c = view.First; c < view.End; c++)
            {
                MatrixKernels.Multiply(stripe[_layout.At(view.Left, c)..], count, _layout.Step, _stride, _rows.AsRows(c), _rows.Stride, into, _rows.Stride, accumulate: c > view.First);
            }
        }
    }

    private void PackSlab(int block, int worker)
    {
        int panels = MatrixKernels.Panels(_rows.Dimensions), v = block / panels, panel = block % panels;
        var from = _rows.Units(_layout.Views[v].Left, _first);
        var into = _packed[v].Span.Slice(panel * MatrixKernels.PanelColumns * _slab, MatrixKernels.PanelColumns * _slab);
        for (int i = 0; i < _slab; i++)
        {
            from.Slice((i * _rows.Stride) + (panel * MatrixKernels.PanelColumns), MatrixKernels.PanelColumns).CopyTo(into[(i * MatrixKernels.PanelColumns)..]);
        }
    }

    private void SpreadToOthers(int block, int worker)
    {
        int blocks = Blocks.Of(_layout.Pairs), column = block / blocks, first = block % blocks * Blocks.Rows;
        int count = Math.Min(Blocks.Rows, _layout.Pairs - first);
        for (int v = 0; v < _layout.Views.Length; v++)
        {
            int at = _layout.At(_layout.Views[v].Left, column);
            if (at >= 0)
            {
                MatrixKernels.Multiply(_similarities.Span[(at + first)..], count, _slab, _stride, _packed[v].Span, _rows.Stride,
                    _others[v].Span[(((column * _layout.Step) + first) * _rows.Stride)..], _rows.Stride, transposeA: true, accumulate: true);
            }
        }
    }

    // The parts added up and brought through the normalisation.
    private void Write(int block, int worker)
    {
        int blocks = Blocks.Of(_layout.Pairs), column = block / blocks, first = block % blocks * Blocks.Rows;
        int last = Math.Min(first + Blocks.Rows, _layout.Pairs);
        var sum = _others[0].Span;
        for (int i = first; i < last; i++)
        {
            var row = sum.Slice(((column * _layout.Step) + i) * _rows.Stride, _rows.Stride);
            for (int v = 0; v < _layout.Views.Length; v++)
            {
                if (v > 0)
                {
                    Add(_others[v].Span.Slice(((column * _layout.Step) + i) * _rows.Stride, _rows.Stride), row);
                }

                if (_layout.Views[v].Left == column)
                {
                    Add(_own[v].Span.Slice(i * _rows.Stride, _rows.Stride), row);
                }
            }

            _rows.ThroughNormalisation(column, i, row);
            row[.._rows.Dimensions].CopyTo(_gradients[column][i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(ReadOnlySpan<float> from, Span<float> to)
    {
        fixed (float* f = from, t = to)
        {
            for (int k = 0; k < to.Length; k += Lanes.Count)
            {
                (Vector512.Load(t + k) + Vector512.Load(f + k)).Store(t + k);
            }
        }
    }
}
