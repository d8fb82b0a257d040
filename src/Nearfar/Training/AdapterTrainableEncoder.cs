using System.Runtime.InteropServices;
using Nearfar.Encoding;
using Nearfar.Training.Optimization;
using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>A query-side linear map in training, over the frozen vectors of the texts it was begun with. Documents pass through and get no gradient.</summary>
/// <remarks>
/// Of y = W x, dL/dW = sum over queries of (dL/dy) x'. Of y = x + A B x, with h = B x: dL/dA = sum (dL/dy) h', dL/dB = sum A' (dL/dy) x'. Sums run
/// over the batch in its order, one row of parameters at a time: the same bits for any number of threads. The rate is divided by the root of
/// D, the number of products that a changed row takes part in, so that the rates of static encoders fit; low-rank rows are that small by themselves.
/// </remarks>
public sealed unsafe class AdapterTrainableEncoder : ITrainableEncoder<int>
{
    private const int BlockRows = 16;           // of parameters: even D 64 keeps several threads busy

    private readonly AdapterStart _start;
    private readonly Rows<float> _frozen;
    private readonly bool[] _isQuery;
    private readonly TrainingOptions _options;
    private readonly int _padded;
    private readonly Memory<float> _weights;    // [D or 2 r, padded]
    private readonly RowOptimizer _optimizer;
    private int[] _inputs = [];
    private int _count;
    private Rows<float>? _gradients;

    internal AdapterTrainableEncoder(AdapterStart start, Rows<float> frozen, bool[] isQuery, TrainingOptions options)
    {
        (_start, _frozen, _isQuery, _options) = (start, frozen, isQuery, options);
        _padded = Lanes.RoundUp(Dimensions, Lanes.Count);
        var identity = AdapterMap.Identity(Dimensions, Rank, options.Seed).Rows;
        _weights = AlignedMemory.Allocate(checked(identity.Count * _padded));
        for (int i = 0; i < identity.Count; i++)
        {
            identity[i].CopyTo(Parameters[i]);
        }

        _optimizer = new RowOptimizer(options.Optimizer with { Dense = true }, _weights, identity.Count, _padded, options.Seed);
    }

    /// <inheritdoc />
    public int Dimensions => _start.Base.Dimensions;

    /// <inheritdoc />
    public bool RowsIndependent => true;

    private int Rank => _start.Options.Rank;

    private Rows<float> Parameters => new(_weights, AdapterMap.RowsOf(Dimensions, Rank), Dimensions, _padded);

    /// <inheritdoc />
    public bool CanEmbed(int input) => _frozen[input].ContainsAnyExcept(0f);

    /// <summary>The encoder as it is now; it does not change when training goes on.</summary>
    public AdapterEncoder ToEncoder() => ToEncoder(null, null);

    internal AdapterEncoder ToEncoder(double? temperature, string? label) => new(_start.Base, ToMap(), temperature, label);

    internal AdapterMap ToMap()
    {
        float[] rows = new float[Parameters.Count * Dimensions];
        for (int i = 0; i < Parameters.Count; i++)
        {
            Parameters[i].CopyTo(rows.AsSpan(i * Dimensions));
        }

        return new AdapterMap(Dimensions, Rank, rows);
    }

    /// <inheritdoc />
    public void Forward(ReadOnlySpan<int> inputs, Rows<float> into, ForwardMode mode)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(into.Count, inputs.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(into.Dimensions, Dimensions);
        if (_inputs.Length < inputs.Length)
        {
            _inputs = new int[inputs.Length];
        }

        inputs.CopyTo(_inputs);
        _count = mode == ForwardMode.Record ? inputs.Length : 0;
        Blocks.Run(Blocks.Of(inputs.Length), _options.Threads, (block, _) =>
        {
            for (int i = block * Blocks.Rows; i < Math.Min(into.Count, (block + 1) * Blocks.Rows); i++)
            {
                var frozen = _frozen[_inputs[i]];
                if (_isQuery[_inputs[i]])
                {
                    AdapterMap.Apply(Parameters, Rank, frozen, into[i]);
                }
                else
                {
                    frozen.CopyTo(into[i]);
                }
            }
        });
    }

    /// <inheritdoc />
    public void Backward(Rows<float> gradients)
    {
        if (_count == 0 || gradients.Count != _count || gradients.Dimensions != Dimensions)
        {
            throw new InvalidOperationException($"Wanted the gradient of the last recorded forward pass [{_count}, {Dimensions}]; got [{gradients.Count}, {gradients.Dimensions}].");
        }

        _gradients = gradients;
    }

    /// <inheritdoc />
    public void Step(double rate)
    {
        var gradients = _gradients ?? throw new InvalidOperationException("Step wants a gradient: call Backward first.");
        int[] queries = [.. Enumerable.Range(0, _count).Where(i => _isQuery[_inputs[i]])];
        var sums = new Rows<float>(new float[Parameters.Count * _padded], Parameters.Count, _padded, _padded);
        var hidden = Rank == 0 ? null : Hidden(gradients, queries);
        int blocks = (sums.Count + BlockRows - 1) / BlockRows;
        Blocks.Run(blocks, _options.Threads, (block, _) =>
        {
            for (int row = block * BlockRows; row < Math.Min(sums.Count, (block + 1) * BlockRows); row++)
            {
                Sum(row, gradients, queries, hidden, sums[row]);
            }
        });
        float clip = Clip(sums);
        _optimizer.Begin(rate / Math.Sqrt(Dimensions));
        Blocks.Run(blocks, _options.Threads, (block, _) =>
        {
            for (int row = block * BlockRows; row < Math.Min(sums.Count, (block + 1) * BlockRows); row++)
            {
                var sum = sums[row];
                for (int i = 0; i < sum.Length; i++)
                {
                    sum[i] *= clip;
                }

                fixed (float* gradient = sum)
                {
                    _optimizer.Update(row, gradient);
                }
            }
        });
        _gradients = null;
        _count = 0;
    }

    // By query: B x [r], then A' g [r].
    private float[][] Hidden(Rows<float> gradients, int[] queries)
    {
        float[][] hidden = new float[queries.Length][];
        Blocks.Run(Blocks.Of(queries.Length), _options.Threads, (block, _) =>
        {
            for (int q = block * Blocks.Rows; q < Math.Min(queries.Length, (block + 1) * Blocks.Rows); q++)
            {
                hidden[q] = new float[2 * Rank];
                for (int k = 0; k < Rank; k++)
                {
                    hidden[q][k] = AdapterMap.Dot(Parameters[k], _frozen[_inputs[queries[q]]]);
                    hidden[q][Rank + k] = AdapterMap.Dot(Parameters[Rank + k], gradients[queries[q]]);
                }
            }
        });
        return hidden;
    }

    // The gradient of one row: of W, of B (its factor is A' g, its vector x), or of a column of A (its factor B x, its vector g).
    private void Sum(int row, Rows<float> gradients, int[] queries, float[][]? hidden, Span<float> into)
    {
        var sum = into[..Dimensions];
        for (int q = 0; q < queries.Length; q++)
        {
            var frozen = _frozen[_inputs[queries[q]]];
            var gradient = gradients[queries[q]];
            if (hidden is null)
            {
                AdapterMap.Add(gradient[row], frozen, sum);
            }
            else if (row < Rank)
            {
                AdapterMap.Add(hidden[q][Rank + row], frozen, sum);
            }
            else
            {
                AdapterMap.Add(hidden[q][row - Rank], gradient, sum);
            }
        }
    }

    private float Clip(Rows<float> sums)
    {
        if (_options.Optimizer.ClipNorm is not { } most)
        {
            return 1;
        }

        double square = 0;
        foreach (float value in sums.Data.Span)
        {
            square += (double)value * value;
        }

        return (float)Math.Min(1, most / Math.Sqrt(square));
    }

    IEncoder ITrainableEncoder<int>.Snapshot() => ToEncoder();

    /// <inheritdoc />
    public void Save(Stream to)
    {
        ArgumentNullException.ThrowIfNull(to);
        RowOptimizer.WriteLong(to, _optimizer.Step);
        SaveParameters(to);
        _optimizer.Save(to);
    }

    /// <inheritdoc />
    public void Load(Stream from)
    {
        ArgumentNullException.ThrowIfNull(from);
        _optimizer.Step = RowOptimizer.ReadLong(from);
        LoadParameters(from);
        _optimizer.Load(from);
    }

    /// <inheritdoc />
    public void SaveParameters(Stream to)
    {
        ArgumentNullException.ThrowIfNull(to);
        to.Write(MemoryMarshal.AsBytes(_weights.Span));
    }

    /// <inheritdoc />
    public void LoadParameters(Stream from)
    {
        ArgumentNullException.ThrowIfNull(from);
        from.ReadExactly(MemoryMarshal.AsBytes(_weights.Span));
    }
}
