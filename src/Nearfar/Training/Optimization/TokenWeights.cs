using System.Runtime.InteropServices;
using Nearfar.Vectors;

namespace Nearfar.Training.Optimization;

/// <summary>A learned factor for each token; keeps product = factor * row up to date in the memory that the encoder reads. Tokens of one step may be updated in any order and on any thread.</summary>
internal sealed unsafe class TokenWeights
{
    private const double Most = 100;
    private readonly Memory<float> _rows, _products;
    private readonly int _padded;
    private readonly double _share;
    private readonly double[] _values, _first, _second;
    private double _size;

    /// <param name="products">[tokens, padded]: the start rows; receives the products.</param>
    /// <param name="padded">A multiple of 16.</param>
    /// <param name="share">Their rate by that of the rows.</param>
    public TokenWeights(Memory<float> products, int padded, double share)
    {
        int tokens = products.Length / padded;
        (_products, _padded, _share) = (products, padded, share);
        (_values, _first, _second) = (new double[tokens], new double[tokens], new double[tokens]);
        Array.Fill(_values, 1);
        _rows = AlignedMemory.Allocate(products.Length);
        products.CopyTo(_rows);
    }

    /// <summary>The rows, which their optimiser updates.</summary>
    public Memory<float> Rows => _rows;

    public ReadOnlySpan<double> Values => _values;

    /// <summary>First moments: a tenth of the gradient after one step.</summary>
    public ReadOnlySpan<double> First => _first;

    /// <summary>Begins a step, numbered from 1.</summary>
    public void Begin(double rate, long step) => _size = LazyAdam.StepSize(rate * _share, step);

    /// <summary>One update of a token's row and factor, both by the values before it.</summary>
    /// <param name="token">Its number.</param>
    /// <param name="gradient">By the product, [padded]; scratch afterwards.</param>
    /// <param name="optimizer">Of <see cref="Rows"/>.</param>
    public void Update(int token, float* gradient, RowOptimizer optimizer)
    {
        double g;
        fixed (float* rows = _rows.Span)
        {
            g = Lanes.Dot(gradient, rows + ((nint)token * _padded), _padded);
        }

        float factor = (float)_values[token];
        for (int i = 0; i < _padded; i++)
        {
            gradient[i] *= factor;
        }

        optimizer.Update(token, gradient);
        _first[token] += (1 - LazyAdam.Beta1) * (g - _first[token]);
        _second[token] += (1 - LazyAdam.Beta2) * ((g * g) - _second[token]);
        _values[token] = Math.Clamp(_values[token] - (_size * _first[token] / (Math.Sqrt(_second[token]) + LazyAdam.Epsilon)), 0, Most);
        Multiply(token);
    }

    public void Save(Stream to)
    {
        to.Write(MemoryMarshal.AsBytes(_rows.Span));
        foreach (double[] values in new[] { _values, _first, _second })
        {
            to.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    public void Load(Stream from)
    {
        from.ReadExactly(MemoryMarshal.AsBytes(_rows.Span));
        foreach (double[] values in new[] { _values, _first, _second })
        {
            from.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    private void Multiply(int token)
    {
        float factor = (float)_values[token];
        var row = _rows.Span.Slice(token * _padded, _padded);
        var product = _products.Span.Slice(token * _padded, _padded);
        for (int i = 0; i < row.Length; i++)
        {
            product[i] = factor * row[i];
        }
    }
}
