using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Nearfar.Encoding;
using Nearfar.Training.Optimization;
using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>The static encoder in training: a text is the mean of its tokens' rows. Inputs are positions in the texts it was begun with.</summary>
/// <remarks>
/// Backward sorts the batch's entries by token (counting sort), then sums and updates each touched row in one place: no gradient table, no
/// locks, and the same bits for any number of threads.
/// </remarks>
public sealed unsafe class StaticTrainableEncoder : ITrainableEncoder<int>
{
    private const int Ahead = 4;                // rows between a prefetch and its use

    private readonly TokenBags _bags;
    private readonly StaticStart _start;
    private readonly int _threads;
    private readonly int _padded;               // D rounded up to 16; zeros behind D stay zero
    private readonly Memory<float> _weights;    // [used tokens, padded], as the moments
    private readonly Memory<float> _first;
    private readonly Memory<float> _second;
    private readonly int[] _counts;             // by used token: entries in the batch, then where its next entry goes
    private int[] _inputs = [];
    private int _inputCount;
    private int[] _touched = [];
    private int[] _ends = [];                   // by touched token: where its entries end
    private int[] _entryRows = [];
    private float[] _entryWeights = [];
    private Rows<float>? _gradients;
    private Memory<float> _copies;
    private long _step;

    internal StaticTrainableEncoder(StaticStart start, TokenBags bags, int threads)
    {
        (_start, _bags, _threads) = (start, bags, threads);
        _padded = Lanes.RoundUp(Dimensions, Lanes.Count);
        int length = checked(bags.Vocabulary.Length * _padded);
        (_weights, _first, _second) = (AlignedMemory.Allocate(length), AlignedMemory.Allocate(length), AlignedMemory.Allocate(length));
        _counts = new int[bags.Vocabulary.Length];
        for (int i = 0; i < bags.Vocabulary.Length; i++)
        {
            start.Rows.Span.Slice(bags.Vocabulary[i] * Dimensions, Dimensions).CopyTo(_weights.Span[(i * _padded)..]);
        }
    }

    /// <inheritdoc />
    public int Dimensions => _start.Dimensions;

    /// <inheritdoc />
    public bool RowsIndependent => true;

    /// <inheritdoc />
    public bool CanEmbed(int input) => _bags.InverseLengths[input] > 0;

    /// <summary>All rows as they are now [V, D]: trained ones, and the start rows of tokens that no training text holds.</summary>
    public float[] ToRows()
    {
        float[] rows = new float[_start.Rows.Length];
        CopyRows(rows);
        return rows;
    }

    internal int VocabularySize => _start.Rows.Length / Dimensions;

    /// <summary>Writes all rows as they are now.</summary>
    internal void CopyRows(Span<float> rows)
    {
        _start.Rows.Span.CopyTo(rows);
        for (int i = 0; i < _bags.Vocabulary.Length; i++)
        {
            _weights.Span.Slice(i * _padded, Dimensions).CopyTo(rows[(_bags.Vocabulary[i] * Dimensions)..]);
        }
    }

    /// <summary>The encoder as it is now; it does not change when training goes on.</summary>
    public StaticEncoder ToEncoder() =>
        StaticEncoder.Over(_start.Tokenizer, ToRows(), Dimensions, _start.Options);

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
        _inputCount = mode == ForwardMode.Record ? inputs.Length : 0;
        int count = inputs.Length;
        Blocks.Run(Blocks.Of(count), _threads, (block, _) =>
        {
            int last = Math.Min(count, (block + 1) * Blocks.Rows);
            for (int i = block * Blocks.Rows; i < last; i++)
            {
                Pool(_inputs[i], into[i]);
            }
        });
    }

    /// <inheritdoc />
    public void Backward(Rows<float> gradients)
    {
        if (_inputCount == 0 || gradients.Count != _inputCount || gradients.Dimensions != Dimensions)
        {
            throw new InvalidOperationException($"Wanted the gradient of the last recorded forward pass [{_inputCount}, {Dimensions}]; got [{gradients.Count}, {gradients.Dimensions}].");
        }

        _gradients = Dimensions == _padded ? gradients : Padded(gradients);
    }

    /// <inheritdoc />
    public void Step(double rate)
    {
        var gradients = _gradients ?? throw new InvalidOperationException("Step wants a gradient: call Backward first.");
        _step++;
        float stepSize = LazyAdam.StepSize(rate, _step);
        int touched = SortEntriesByToken();
        Blocks.Run(Blocks.Of(touched), _threads, (block, _) =>
        {
            float* gradient = stackalloc float[_padded];
            int last = Math.Min(touched, (block + 1) * Blocks.Rows);
            for (int t = block * Blocks.Rows; t < last; t++)
            {
                Sum(gradients, t == 0 ? 0 : _ends[t - 1], _ends[t], gradient);
                Update(_touched[t], gradient, stepSize);
            }
        });
        _gradients = null;
        _inputCount = 0;
    }

    /// <inheritdoc />
    public void Save(Stream to)
    {
        ArgumentNullException.ThrowIfNull(to);
        Span<byte> step = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(step, _step);
        to.Write(step);
        Write(to, _weights);
        Write(to, _first);
        Write(to, _second);
    }

    /// <inheritdoc />
    public void Load(Stream from)
    {
        ArgumentNullException.ThrowIfNull(from);
        Span<byte> step = stackalloc byte[8];
        from.ReadExactly(step);
        _step = System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(step);
        Read(from, _weights);
        Read(from, _first);
        Read(from, _second);
    }

    /// <inheritdoc />
    public void SaveParameters(Stream to) => Write(to, _weights);

    /// <inheritdoc />
    public void LoadParameters(Stream from) => Read(from, _weights);

    // The kernels read whole vectors: rows of another length are copied with zeros behind them.
    private Rows<float> Padded(Rows<float> gradients)
    {
        var copy = new Rows<float>(AlignedMemory.AtLeast(ref _copies, gradients.Count * _padded), gradients.Count, _padded, _padded);
        for (int i = 0; i < gradients.Count; i++)
        {
            gradients[i].CopyTo(copy[i]);
            copy[i][Dimensions..].Clear();
        }

        return copy;
    }

    // The mean of the rows.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Pool(int text, Span<float> into)
    {
        int start = _bags.Offsets[text], end = _bags.Offsets[text + 1];
        float inverse = _bags.InverseLengths[text];
        float* row = stackalloc float[_padded];
        fixed (float* weights = _weights.Span, counts = _bags.Counts)
        fixed (int* tokens = _bags.Tokens)
        {
            Accumulate(weights, _padded, _padded, tokens + start, counts + start, end - start, row);
            for (int k = 0; k < _padded; k += Lanes.Count)
            {
                (Vector512.Load(row + k) * inverse).Store(row + k);
            }
        }

        new ReadOnlySpan<float>(row, Dimensions).CopyTo(into);
    }

    // into = sum of factor[i] * rows[number[i]] over i, in index order; 128 columns at a time in registers, the rows ahead on their way to the cache.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate(float* rows, int stride, int columns, int* numbers, float* factors, int count, float* into)
    {
        int k = 0;
        for (; k + 128 <= columns; k += 128)
        {
            Vector512<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
            for (int i = 0; i < count; i++)
            {
                float* row = rows + ((long)numbers[i] * stride) + k;
                Prefetch(rows + ((long)numbers[Math.Min(i + Ahead, count - 1)] * stride) + k);
                var factor = Vector512.Create(factors[i]);
                a = Vector512.FusedMultiplyAdd(factor, Vector512.Load(row), a);
                b = Vector512.FusedMultiplyAdd(factor, Vector512.Load(row + 16), b);
                c = Vector512.FusedMultiplyAdd(factor, Vector512.Load(row + 32), c);
                d = Vector512.FusedMultiplyAdd(factor, Vector512.Load(row + 48), d);
                e = Vector512.FusedMultiplyAdd(factor, Vector512.Load(row + 64), e);
                f = Vector512.FusedMultiplyAdd(factor, Vector512.Load(row + 80), f);
                g = Vector512.FusedMultiplyAdd(factor, Vector512.Load(row + 96), g);
                h = Vector512.FusedMultiplyAdd(factor, Vector512.Load(row + 112), h);
            }

            a.Store(into + k);
            b.Store(into + k + 16);
            c.Store(into + k + 32);
            d.Store(into + k + 48);
            e.Store(into + k + 64);
            f.Store(into + k + 80);
            g.Store(into + k + 96);
            h.Store(into + k + 112);
        }

        for (; k < columns; k += Lanes.Count)
        {
            Vector512<float> a = default;
            for (int i = 0; i < count; i++)
            {
                a = Vector512.FusedMultiplyAdd(Vector512.Create(factors[i]), Vector512.Load(rows + ((long)numbers[i] * stride) + k), a);
            }

            a.Store(into + k);
        }
    }

    // 128 columns are 8 cache lines. A hint: it changes no value, and machines without it do without.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(float* row)
    {
        if (Sse.IsSupported)
        {
            for (int line = 0; line < 128; line += 16)
            {
                Sse.Prefetch0(row + line);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int SortEntriesByToken()
    {
        int entries = 0, touched = 0;
        if (_touched.Length == 0)
        {
            (_touched, _ends) = (new int[_counts.Length], new int[_counts.Length]);
        }

        foreach (int text in _inputs.AsSpan(0, _inputCount))
        {
            for (int e = _bags.Offsets[text]; e < _bags.Offsets[text + 1]; e++, entries++)
            {
                int token = _bags.Tokens[e];
                if (_counts[token]++ == 0)
                {
                    _touched[touched++] = token;
                }
            }
        }

        if (_entryRows.Length < entries)
        {
            (_entryRows, _entryWeights) = (new int[entries], new float[entries]);
        }

        for (int t = 0, at = 0; t < touched; t++)
        {
            int count = _counts[_touched[t]];
            _counts[_touched[t]] = at;
            at += count;
            _ends[t] = at;
        }

        for (int i = 0; i < _inputCount; i++)
        {
            int text = _inputs[i];
            for (int e = _bags.Offsets[text]; e < _bags.Offsets[text + 1]; e++)
            {
                int at = _counts[_bags.Tokens[e]]++;
                _entryRows[at] = i;
                _entryWeights[at] = _bags.Counts[e] * _bags.InverseLengths[text];
            }
        }

        for (int t = 0; t < touched; t++)
        {
            _counts[_touched[t]] = 0;
        }

        return touched;
    }

    private void Sum(Rows<float> gradients, int start, int end, float* into)
    {
        fixed (float* rows = gradients.Data.Span, factors = _entryWeights)
        fixed (int* numbers = _entryRows)
        {
            Accumulate(rows, gradients.Stride, _padded, numbers + start, factors + start, end - start, into);
        }
    }

    private void Update(int token, float* gradient, float stepSize)
    {
        long at = (long)token * _padded;
        fixed (float* weights = _weights.Span, first = _first.Span, second = _second.Span)
        {
            LazyAdam.Update(weights + at, first + at, second + at, gradient, _padded, stepSize);
        }
    }

    private static void Write(Stream to, Memory<float> values) => to.Write(MemoryMarshal.AsBytes(values.Span));

    private static void Read(Stream from, Memory<float> values) => from.ReadExactly(MemoryMarshal.AsBytes(values.Span));
}
