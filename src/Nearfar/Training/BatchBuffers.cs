using System.Numerics.Tensors;
using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>Rows and gradients of a batch: one block of memory that is used again at every step, a view for each column.</summary>
internal sealed class BatchBuffers(int dimensions)
{
    private readonly int _stride = Lanes.RoundUp(dimensions, Lanes.Count);
    private Memory<float> _rows;
    private Memory<float> _gradients;
    private (Rows<float>[] Columns, Rows<float>[] Gradients) _views = ([], []);

    public Rows<float> Rows { get; private set; }

    public Rows<float> Gradients { get; private set; }

    /// <summary>A view for each column; the arrays of the last call when the shape is the same.</summary>
    public (Rows<float>[] Columns, Rows<float>[] Gradients) For(int columns, int pairs)
    {
        int count = columns * pairs;
        if (_views.Columns.Length == columns && Rows.Count == count)
        {
            return _views;
        }

        Rows = new Rows<float>(AlignedMemory.AtLeast(ref _rows, count * _stride), count, dimensions, _stride);
        Gradients = new Rows<float>(AlignedMemory.AtLeast(ref _gradients, count * _stride), count, dimensions, _stride);
        _views = ([.. Enumerable.Range(0, columns).Select(c => Rows.Slice(c * pairs, pairs))], [.. Enumerable.Range(0, columns).Select(c => Gradients.Slice(c * pairs, pairs))]);
        return _views;
    }

    public bool GradientsAreFinite() => float.IsFinite(TensorPrimitives.SumOfMagnitudes<float>(Gradients.Data.Span));
}
