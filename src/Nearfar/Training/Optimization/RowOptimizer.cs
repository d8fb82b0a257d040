using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nearfar.Vectors;

namespace Nearfar.Training.Optimization;

/// <summary>Updates rows of weights by their gradients, one row at a time; rows of one step may be updated in any order and on any thread.</summary>
/// <remarks>
/// A row that no batch touches still decays and, under momentum, still moves: w' = (1 - rate decay) w - rate v', v' = momentum v. Both are
/// linear, so k missed steps are w = a w - b v, v = c v with scalars made of the rates alone (<see cref="CatchUp"/>).
/// </remarks>
internal sealed unsafe class RowOptimizer
{
    private readonly OptimizerOptions _options;
    private readonly Memory<float> _weights;
    private readonly int _padded;
    private readonly RowState _first, _second;
    private readonly bool _catchesUp;
    private readonly long[] _reached;           // by row: the step up to which it is
    private readonly List<double> _rates = [];
    private readonly double _decay;
    private long _step;
    private float _size;
    private float _keep;

    /// <param name="options">Checked by the trainer.</param>
    /// <param name="weights">[rows, padded], aligned.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="padded">Their length, a multiple of 16.</param>
    /// <param name="seed">Of rounding.</param>
    public RowOptimizer(OptimizerOptions options, Memory<float> weights, int rows, int padded, ulong seed)
    {
        (_options, _weights, _padded, _decay) = (options, weights, padded, options.EffectiveDecay);
        bool half = options.State == StateFormat.BFloat16;
        _first = new RowState(options.Kind == OptimizerKind.Sgd && options.Momentum == 0 ? 0 : weights.Length, padded, half, seed);
        _second = new RowState(options.IsAdam ? weights.Length : 0, padded, half, seed ^ 0x5bd1e995);
        _catchesUp = !options.Dense && (_decay > 0 || (options.Kind == OptimizerKind.Sgd && options.Momentum > 0));
        _reached = _catchesUp ? new long[rows] : [];
        PlainAdam = options is { Kind: OptimizerKind.Adam, Beta1: 0.9, Beta2: 0.999, EffectiveEpsilon: 1e-8, Dense: false, State: StateFormat.Float32 };
    }

    /// <summary>Whether the update is <see cref="LazyAdam.Update"/> over <see cref="First"/> and <see cref="Second"/>.</summary>
    public bool PlainAdam { get; }

    /// <summary>Whether rows must be caught up before they are read.</summary>
    public bool CatchesUp => _catchesUp;

    public Memory<float> First => _first.Singles;

    public Memory<float> Second => _second.Singles;

    /// <summary>The step size of <see cref="LazyAdam.Update"/> in this step.</summary>
    public float StepSize => _size;

    /// <summary>Begins a step.</summary>
    public void Begin(double rate)
    {
        _step++;
        _size = (float)(_options.IsAdam ? rate * Math.Sqrt(1 - LazyAdam.Power(_options.Beta2, _step)) / (1 - LazyAdam.Power(_options.Beta1, _step)) : rate);
        _keep = (float)(1 - (rate * _decay));
        if (_catchesUp)
        {
            _rates.Add(rate);
        }
    }

    /// <summary>Makes up for the steps that a row missed, up to the last one that began.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void CatchUp(int row)
    {
        long from = _reached[row];
        if (from == _step)
        {
            return;
        }

        double a = 1, b = 0, c = 1, momentum = _options.Kind == OptimizerKind.Sgd ? _options.Momentum : 0;
        for (long s = from; s < _step; s++)
        {
            double rate = _rates[(int)s], keep = 1 - (rate * _decay);
            c *= momentum;
            a *= keep;
            b = (b * keep) + (rate * c);
        }

        _reached[row] = _step;
        var weights = _weights.Span.Slice(row * _padded, _padded);
        if (momentum == 0)
        {
            for (int i = 0; i < weights.Length; i++)
            {
                weights[i] = (float)(a * weights[i]);
            }

            return;
        }

        float* velocity = stackalloc float[_padded];
        _first.Read(row, velocity);
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = (float)((a * weights[i]) - (b * velocity[i]));
            velocity[i] = (float)(c * velocity[i]);
        }

        _first.Write(row, velocity, _step);
    }

    /// <summary>One update of a row that is caught up to the step before.</summary>
    public void Update(int row, float* gradient)
    {
        fixed (float* all = _weights.Span)
        {
            float* weights = all + ((nint)row * _padded);
            float* first = stackalloc float[_padded];
            float* second = stackalloc float[_padded];
            _first.Read(row, first);
            _second.Read(row, second);
            if (_decay > 0)
            {
                for (int i = 0; i < _padded; i++)
                {
                    weights[i] *= _keep;
                }
            }

            Move(weights, first, second, gradient);
            _first.Write(row, first, _step);
            _second.Write(row, second, _step);
        }

        if (_catchesUp)
        {
            _reached[row] = _step;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Move(float* weights, float* first, float* second, float* gradient)
    {
        float size = _size, epsilon = (float)_options.EffectiveEpsilon;
        switch (_options.Kind)
        {
            case OptimizerKind.Adagrad:
                for (int i = 0; i < _padded; i++)
                {
                    first[i] += gradient[i] * gradient[i];
                    weights[i] -= size * gradient[i] / (MathF.Sqrt(first[i]) + epsilon);
                }

                break;
            case OptimizerKind.Sgd:
                float momentum = (float)_options.Momentum;
                for (int i = 0; i < _padded; i++)
                {
                    first[i] = (momentum * first[i]) + gradient[i];
                    weights[i] -= size * first[i];
                }

                break;
            default:
                float share1 = (float)(1 - _options.Beta1), share2 = (float)(1 - _options.Beta2);
                for (int i = 0; i < _padded; i++)
                {
                    first[i] += share1 * (gradient[i] - first[i]);
                    second[i] += share2 * ((gradient[i] * gradient[i]) - second[i]);
                    weights[i] -= size * first[i] / (MathF.Sqrt(second[i]) + epsilon);
                }

                break;
        }
    }

    /// <summary>Writes step, state and what each row reached; the weights are the caller's.</summary>
    public void Save(Stream to)
    {
        _first.Save(to);
        _second.Save(to);
        if (_catchesUp)
        {
            to.Write(MemoryMarshal.AsBytes(_reached.AsSpan()));
            WriteLong(to, _rates.Count);
            to.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_rates)));
        }
    }

    public void Load(Stream from)
    {
        _first.Load(from);
        _second.Load(from);
        if (_catchesUp)
        {
            from.ReadExactly(MemoryMarshal.AsBytes(_reached.AsSpan()));
            CollectionsMarshal.SetCount(_rates, checked((int)ReadLong(from)));
            from.ReadExactly(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_rates)));
        }
    }

    /// <summary>Steps that began.</summary>
    public long Step { get => _step; set => _step = value; }

    public static void WriteLong(Stream to, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        to.Write(bytes);
    }

    public static long ReadLong(Stream from)
    {
        Span<byte> bytes = stackalloc byte[8];
        from.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }
}
