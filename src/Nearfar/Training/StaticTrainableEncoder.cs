using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nearfar.Encoding;
using Nearfar.Training.Optimization;
using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>The static encoder in training: a text is the mean of its tokens' rows. Inputs are positions in the texts it was begun with.</summary>
/// <remarks>
/// Forward sorts the batch's entries by token (counting sort); Step then sums and updates each touched row in one place: no gradient table, no
/// locks, and the same bits for any number of threads.
/// </remarks>
public sealed unsafe class StaticTrainableEncoder : ITrainableEncoder<int>
{
    private TokenBags _bags;
    private readonly StaticStart _start;
    private readonly int _threads;
    private readonly int _padded;               // D rounded up to 16; zeros behind D stay zero
    private readonly Memory<float> _weights;    // [used tokens, padded]
    private readonly OptimizerOptions _options;
    private readonly RowOptimizer _optimizer;
    private readonly TokenWeights? _tokenWeights;
    private readonly Action<int, int> _poolBlock;
    private readonly Action<int, int> _recordBlock;
    private readonly Action<int, int> _updateBlock;
    private readonly int[] _places;             // by used token: entries in the batch, then where its next entry goes
    private readonly int[] _touched;            // tokens of the batch, ascending
    private readonly int[] _starts;             // by touched token: where its entries start; one more at the end
    private int _touchedCount;
    private WeightedRow[] _entries = [];        // texts of the batch by token
    private int[] _inputs = [];
    private int _inputCount;
    private Rows<float> _into;
    private double[] _squares = [];             // by touched token: of its gradient
    private float _clip = 1;                    // the gradient is multiplied by it
    private Rows<float>? _gradients;
    private Memory<float> _copies;

    internal StaticTrainableEncoder(StaticStart start, TokenBags bags, int threads, OptimizerOptions options, ulong seed, double? weightShare = null)
    {
        (_start, _bags, _threads, _options) = (start, bags, threads, options);
        _padded = Lanes.RoundUp(Dimensions, Lanes.Count);
        int length = checked(bags.Vocabulary.Length * _padded);
        _weights = AlignedMemory.Allocate(length);
        (_places, _touched, _starts) = (new int[bags.Vocabulary.Length], new int[bags.Vocabulary.Length], new int[bags.Vocabulary.Length + 1]);
        for (int i = 0; i < bags.Vocabulary.Length; i++)
        {
            start.Rows.Span.Slice(bags.Vocabulary[i] * Dimensions, Dimensions).CopyTo(_weights.Span[(i * _padded)..]);
        }

        _tokenWeights = weightShare is { } share ? new TokenWeights(_weights, _padded, share) : null;
        _optimizer = new RowOptimizer(options, _tokenWeights?.Rows ?? _weights, bags.Vocabulary.Length, _padded, seed);
        (_poolBlock, _recordBlock) = (Pool, Record);
        _updateBlock = _tokenWeights is not null ? UpdateWeighted : _optimizer.PlainAdam ? UpdateByAdam : options.Dense ? UpdateAll : UpdateTouched;
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

    /// <summary>From here on inputs are numbers of these texts; the vocabulary must be that of the beginning.</summary>
    internal void Read(TokenBags bags) => _bags = bags.Vocabulary.Length == _places.Length ? bags
        : throw new ArgumentException($"Texts of {bags.Vocabulary.Length} tokens; wanted {_places.Length}, those the encoder began with.", nameof(bags));

    internal TokenWeights? Weights => _tokenWeights;

    internal int VocabularySize => _start.Rows.Length / Dimensions;

    /// <summary>Writes all rows as they are now.</summary>
    internal void CopyRows(Span<float> rows)
    {
        CatchUpAll();
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
        _into = into;
        if (_optimizer.CatchesUp)
        {
            ForwardCaughtUp();
            return;
        }

        // The entries are sorted for the update beside the pooling: it is one block of work that waits for nothing.
        Blocks.Run(Blocks.Of(inputs.Length) + (_inputCount > 0 ? 1 : 0), _threads, _inputCount > 0 ? _recordBlock : _poolBlock);
        _into = default;
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
        _ = _gradients ?? throw new InvalidOperationException("Step wants a gradient: call Backward first.");
        _optimizer.Begin(rate);
        _tokenWeights?.Begin(rate, _optimizer.Step);
        _clip = _options.ClipNorm is { } most ? Clip(most) : 1;
        Blocks.Run(Blocks.Of(_options.Dense ? _places.Length : _touchedCount), _threads, _updateBlock);
        _gradients = null;
        _inputCount = 0;
    }

    IEncoder ITrainableEncoder<int>.Snapshot() => ToEncoder();

    /// <inheritdoc />
    public void Save(Stream to)
    {
        ArgumentNullException.ThrowIfNull(to);
        RowOptimizer.WriteLong(to, _optimizer.Step);
        Write(to, _weights);
        _optimizer.Save(to);
        _tokenWeights?.Save(to);
    }

    /// <inheritdoc />
    public void Load(Stream from)
    {
        ArgumentNullException.ThrowIfNull(from);
        _optimizer.Step = RowOptimizer.ReadLong(from);
        Read(from, _weights);
        _optimizer.Load(from);
        _tokenWeights?.Load(from);
    }

    /// <inheritdoc />
    public void SaveParameters(Stream to)
    {
        CatchUpAll();
        Write(to, _weights);
    }

    /// <inheritdoc />
    public void LoadParameters(Stream from)
    {
        CatchUpAll();
        Read(from, _weights);
    }

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

    private void Record(int block, int worker)
    {
        if (block == 0)
        {
            SortEntriesByToken();
        }
        else
        {
            Pool(block - 1, worker);
        }
    }

    private void Pool(int block, int worker)
    {
        float* padded = stackalloc float[_padded];
        int last = Math.Min(_into.Count, (block + 1) * Blocks.Rows);
        fixed (float* weights = _weights.Span, into = _into.Data.Span)
        fixed (WeightedRow* entries = _bags.Entries)
        {
            for (int i = block * Blocks.Rows; i < last; i++)
            {
                int text = _inputs[i], start = _bags.Offsets[text];
                float* row = into + ((nint)i * _into.Stride);
                RowSums.Sum(weights, _padded, _padded, entries + start, _bags.Offsets[text + 1] - start, _bags.InverseLengths[text], _padded == Dimensions ? row : padded);
                if (_padded != Dimensions)
                {
                    new ReadOnlySpan<float>(padded, Dimensions).CopyTo(_into[i]);
                }
            }
        }
    }

    // What a row missed is made up for before it is read: of a batch that is trained on, its own tokens; else all of them.
    private void ForwardCaughtUp()
    {
        if (_inputCount > 0)
        {
            SortEntriesByToken();
            Blocks.Run(Blocks.Of(_touchedCount), _threads, (block, _) =>
            {
                foreach (int token in _touched.AsSpan(0, _touchedCount)[(block * Blocks.Rows)..Math.Min(_touchedCount, (block + 1) * Blocks.Rows)])
                {
                    _optimizer.CatchUp(token);
                }
            });
        }
        else
        {
            CatchUpAll();
        }

        Blocks.Run(Blocks.Of(_into.Count), _threads, _poolBlock);
        _into = default;
    }

    // Never for a checkpoint: catching up in two parts rounds otherwise than in one, and checkpoints come when the clock says so.
    private void CatchUpAll()
    {
        if (_optimizer.CatchesUp)
        {
            Blocks.Run(Blocks.Of(_places.Length), _threads, (block, _) =>
            {
                for (int token = block * Blocks.Rows; token < Math.Min(_places.Length, (block + 1) * Blocks.Rows); token++)
                {
                    _optimizer.CatchUp(token);
                }
            });
        }
    }

    // The length of all gradients together: squares of each row, then their sum in the order of tokens, for any number of threads.
    private float Clip(double most)
    {
        if (_squares.Length < _touchedCount)
        {
            _squares = new double[_touched.Length];
        }

        Blocks.Run(Blocks.Of(_touchedCount), _threads, (block, _) =>
        {
            float* gradient = stackalloc float[_padded];
            for (int t = block * Blocks.Rows; t < Math.Min(_touchedCount, (block + 1) * Blocks.Rows); t++)
            {
                Gradient(t, 1, gradient);
                _squares[t] = 0;
                for (int i = 0; i < _padded; i++)
                {
                    _squares[t] += (double)gradient[i] * gradient[i];
                }
            }
        });
        double square = 0;
        foreach (double one in _squares.AsSpan(0, _touchedCount))
        {
            square += one;
        }

        return (float)Math.Min(1, most / Math.Sqrt(square));
    }

    private void Gradient(int touched, float factor, float* into)
    {
        var gradients = _gradients.GetValueOrDefault();
        fixed (float* rows = gradients.Data.Span)
        fixed (WeightedRow* entries = _entries)
        {
            RowSums.Sum(rows, gradients.Stride, _padded, entries + _starts[touched], _starts[touched + 1] - _starts[touched], factor, into);
        }
    }

    private void UpdateTouched(int block, int worker)
    {
        float* gradient = stackalloc float[_padded];
        for (int t = block * Blocks.Rows; t < Math.Min(_touchedCount, (block + 1) * Blocks.Rows); t++)
        {
            Gradient(t, _clip, gradient);
            _optimizer.Update(_touched[t], gradient);
        }
    }

    private void UpdateWeighted(int block, int worker)
    {
        float* gradient = stackalloc float[_padded];
        for (int t = block * Blocks.Rows; t < Math.Min(_touchedCount, (block + 1) * Blocks.Rows); t++)
        {
            Gradient(t, _clip, gradient);
            _tokenWeights!.Update(_touched[t], gradient, _optimizer);
        }
    }

    // Every token: those that no text of the batch holds have the gradient 0.
    private void UpdateAll(int block, int worker)
    {
        float* gradient = stackalloc float[_padded];
        int first = block * Blocks.Rows, at = Array.BinarySearch(_touched, 0, _touchedCount, first);
        at = at < 0 ? ~at : at;
        for (int token = first; token < Math.Min(_places.Length, first + Blocks.Rows); token++)
        {
            if (at < _touchedCount && _touched[at] == token)
            {
                Gradient(at++, _clip, gradient);
            }
            else
            {
                new Span<float>(gradient, _padded).Clear();
            }

            _optimizer.Update(token, gradient);
        }
    }

    // Gradient and update of 64 touched tokens; the rows of the next one are on their way while one is summed.
    private void UpdateByAdam(int block, int worker)
    {
        var gradients = _gradients.GetValueOrDefault();
        float* gradient = stackalloc float[_padded];
        int last = Math.Min(_touchedCount, (block + 1) * Blocks.Rows);
        float stepSize = _optimizer.StepSize;
        fixed (float* rows = gradients.Data.Span, weights = _weights.Span, first = _optimizer.First.Span, second = _optimizer.Second.Span)
        fixed (WeightedRow* entries = _entries)
        {
            for (int t = block * Blocks.Rows; t < last; t++)
            {
                nint next = (nint)_touched[Math.Min(t + 1, last - 1)] * _padded;
                RowSums.Prefetch(weights + next, _padded);
                RowSums.Prefetch(first + next, _padded);
                RowSums.Prefetch(second + next, _padded);
                RowSums.Sum(rows, gradients.Stride, _padded, entries + _starts[t], _starts[t + 1] - _starts[t], _clip, gradient);
                nint at = (nint)_touched[t] * _padded;
                LazyAdam.Update(weights + at, first + at, second + at, gradient, _padded, stepSize);
            }
        }
    }

    // A counting sort: the entries of each token in the order of the batch, tokens ascending, so that rows are walked in the order of memory.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SortEntriesByToken()
    {
        int entryCount = 0;
        fixed (WeightedRow* entries = _bags.Entries)
        fixed (int* places = _places)
        {
            foreach (int text in _inputs.AsSpan(0, _inputCount))
            {
                int end = _bags.Offsets[text + 1];
                for (int e = _bags.Offsets[text]; e < end; e++)
                {
                    places[entries[e].Row]++;
                }

                entryCount += end - _bags.Offsets[text];
            }

            if (_entries.Length < entryCount)
            {
                _entries = new WeightedRow[Math.Max(entryCount, 2 * _entries.Length)];
            }

            CountsToPlaces();
            fixed (WeightedRow* sorted = _entries)
            {
                for (int i = 0; i < _inputCount; i++)
                {
                    int text = _inputs[i], end = _bags.Offsets[text + 1];
                    float inverse = _bags.InverseLengths[text];
                    for (int e = _bags.Offsets[text]; e < end; e++)
                    {
                        sorted[places[entries[e].Row]++] = new WeightedRow(i, entries[e].Weight * inverse);
                    }
                }
            }
        }

        Array.Clear(_places);
    }

    private void CountsToPlaces()
    {
        int touched = 0, at = 0;
        for (int token = 0; token < _places.Length; token++)
        {
            int count = _places[token];
            if (count > 0)
            {
                _touched[touched] = token;
                _starts[touched++] = at;
                _places[token] = at;
                at += count;
            }
        }

        _starts[touched] = at;
        _touchedCount = touched;
    }

    private static void Write(Stream to, Memory<float> values) => to.Write(MemoryMarshal.AsBytes(values.Span));

    private static void Read(Stream from, Memory<float> values) => from.ReadExactly(MemoryMarshal.AsBytes(values.Span));
}
