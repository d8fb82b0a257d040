using System.Runtime.InteropServices;
using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>Many queries with int8 codes, made floats a block at a time: the sums are whole numbers that float32 holds, so candidates are those of <see cref="CodeScan"/>.</summary>
internal sealed class CodeProducts(IndexSnapshot now, ulong[]? filter, int wanted, int dimensions, int threads, CancellationToken cancellationToken)
    : ProductScan<CandidateHeap>(now, filter, dimensions, threads, cancellationToken)
{
    private readonly IndexSnapshot _now = now;
    private readonly int _dimensions = dimensions;

    protected override CandidateHeap Start() => new(wanted);

    protected override float Threshold(CandidateHeap best) => best.Threshold;

    protected override void Offer(CandidateHeap best, int position, float score) => best.Offer(position, (int)score);

    protected override void Merge(CandidateHeap into, CandidateHeap from) => into.Merge(from);

    protected override ReadOnlySpan<float> RowsAt(ReadOnlySpan<int> positions, Span<float> buffer, out int stride)
    {
        stride = _dimensions;
        for (int i = 0; i < positions.Length; i++)
        {
            var segment = _now.SegmentOf(positions[i]);
            var codes = segment.Codes.Span.Slice((positions[i] - segment.First) * stride, stride);
            CodeKernels.Widen(MemoryMarshal.Cast<byte, sbyte>(codes), buffer.Slice(i * stride, stride));
        }

        return buffer;
    }
}
