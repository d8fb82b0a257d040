using System.Numerics;
using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>Few queries over the float32 rows where they lie.</summary>
internal sealed unsafe class FlatScan : StreamScan
{
    private readonly IndexSnapshot _now;
    private readonly ulong[]? _filter;
    private readonly int _dimensions;
    private readonly Memory<float>[] _queries;      // padded with zeros
    private readonly float[] _bounds;
    private readonly TopK[] _best;

    private FlatScan(IndexSnapshot now, ulong[]? filter, int k, Rows<float> queries, CancellationToken cancellationToken) : base(now, filter, cancellationToken)
    {
        _now = now;
        _filter = filter;
        _dimensions = queries.Dimensions;
        _queries = new Memory<float>[queries.Count];
        _bounds = new float[queries.Count];
        _best = new TopK[queries.Count];
        for (int q = 0; q < queries.Count; q++)
        {
            _best[q] = new TopK(k, now.Ids);
            _queries[q] = AlignedMemory.Allocate(Lanes.RoundUp(_dimensions, Lanes.Count));
            queries[q].CopyTo(_queries[q].Span);
            fixed (float* query = _queries[q].Span)
            {
                _bounds[q] = ScanKernels.ErrorFactor(_dimensions) * MathF.Sqrt(ScanKernels.Dot(query, query, _dimensions, out _));
            }
        }
    }

    public static TopK[] Run(IndexSnapshot now, ulong[]? filter, int k, Rows<float> queries, ScanRange range, CancellationToken cancellationToken)
    {
        var scan = new FlatScan(now, filter, k, queries, cancellationToken);
        foreach (var (segment, start, end) in now.Parts(range))
        {
            using var rows = segment.Rows.Data.Pin();
            scan.Walk(rows.Pointer, (nint)segment.Rows.Stride * sizeof(float), segment.First, start, end);
        }

        return scan._best;
    }

    public static void Merge(TopK[] into, TopK[] from)
    {
        for (int q = 0; q < into.Length; q++)
        {
            into[q].Merge(from[q]);
        }
    }

    protected override void Score(byte** rows, int* positions, int count, bool ahead)
    {
        float* guides = stackalloc float[Streams];
        float* squares = stackalloc float[Streams];
        for (int q = 0; q < _best.Length; q++)      // the rows stay in the cache for all queries
        {
            fixed (float* query = _queries[q].Span)
            {
                ScanKernels.Dot8(query, (float**)rows, _dimensions, ahead && q == 0, guides, squares);
            }

            uint reach = ScanKernels.Reach(guides, squares, _bounds[q], _best[q].Threshold) & ((1u << count) - 1);
            for (; reach != 0; reach &= reach - 1)
            {
                int j = BitOperations.TrailingZeroCount(reach);
                if (_now.IsVisible(positions[j], _filter))
                {
                    var row = new ReadOnlySpan<float>(rows[j], _dimensions);
                    ExactScore.Offer(_best[q], _now, positions[j], ExactScore.Of(_queries[q].Span[.._dimensions], row), row);
                }
            }
        }
    }
}
