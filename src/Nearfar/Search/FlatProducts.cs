using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>Many queries with the float32 rows: scores have the bits of <see cref="ExactScore"/>.</summary>
internal sealed class FlatProducts(IndexSnapshot now, ulong[]? filter, int k, int dimensions, int threads, CancellationToken cancellationToken)
    : ProductScan<TopK>(now, filter, dimensions, threads, cancellationToken)
{
    private readonly IndexSnapshot _now = now;
    private readonly int _dimensions = dimensions;

    protected override TopK Start() => new(k, _now.Ids);

    protected override float Threshold(TopK best) => best.Threshold;

    protected override void Offer(TopK best, int position, float score) => ExactScore.Offer(best, _now, position, score, _now.Row(position));

    protected override void Merge(TopK into, TopK from) => into.Merge(from);

    protected override ReadOnlySpan<float> RowsAt(ReadOnlySpan<int> positions, Span<float> buffer, out int stride)
    {
        int first = positions[0], last = positions[^1];
        var segment = _now.SegmentOf(first);
        if (last - first + 1 == positions.Length && last < segment.First + segment.Rows.Count)
        {
            stride = segment.Rows.Stride;
            return segment.Rows.Data.Span[((first - segment.First) * stride)..];
        }

        stride = _dimensions;
        for (int i = 0; i < positions.Length; i++)
        {
            _now.Row(positions[i]).CopyTo(buffer.Slice(i * stride, stride));
        }

        return buffer;
    }
}
