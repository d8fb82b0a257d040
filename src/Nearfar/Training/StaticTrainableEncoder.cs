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
    private readonly StaticStart _start;
    private readonly TokenRows _rows;
    private readonly int _threads;
    private readonly Action<int, int> _poolBlock;
    private readonly Action<int, int> _recordBlock;
    private TokenBags _bags;
    private int[] _inputs = [];                 // of the last forward pass
    private int _recorded;                      // of them, when they are trained on; else 0
    private Rows<float> _into;
    private Rows<float>? _gradients;
    private Memory<float> _copies;

    internal StaticTrainableEncoder(StaticStart start, TokenBags bags, int threads, OptimizerOptions options, ulong seed, double? weightShare = null)
    {
        (_start, _bags, _threads) = (start, bags, threads);
        _rows = new TokenRows(start, bags.Vocabulary, threads, options, seed, weightShare);
        (_poolBlock, _recordBlock) = (Pool, Record);
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
    internal void Read(TokenBags bags) => _bags = bags.Vocabulary.Length == _rows.Count ? bags
        : throw new ArgumentException($"Texts of {bags.Vocabulary.Length} tokens; wanted {_rows.Count}, those the encoder began with.", nameof(bags));

    internal TokenWeights? Weights => _rows.Weights;

    internal int VocabularySize => _start.Rows.Length / Dimensions;

    /// <summary>Writes all rows as they are now [V, D].</summary>
    internal void CopyRows(Span<float> rows) => _rows.CopyTo(rows);

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
        _recorded = mode == ForwardMode.Record ? inputs.Length : 0;
        _into = into;
        if (_rows.CatchesUp)
        {
            ForwardCaughtUp();
            return;
        }

        // The entries are sorted for the update beside the pooling: it is one block of work that waits for nothing.
        Blocks.Run(Blocks.Of(inputs.Length) + (_recorded > 0 ? 1 : 0), _threads, _recorded > 0 ? _recordBlock : _poolBlock);
        _into = default;
    }

    /// <inheritdoc />
    public void Backward(Rows<float> gradients)
    {
        if (_recorded == 0 || gradients.Count != _recorded || gradients.Dimensions != Dimensions)
        {
            throw new InvalidOperationException($"Wanted the gradient of the last recorded forward pass [{_recorded}, {Dimensions}]; got [{gradients.Count}, {gradients.Dimensions}].");
        }

        _gradients = Dimensions == _rows.Padded ? gradients : Padded(gradients);
    }

    /// <inheritdoc />
    public void Step(double rate)
    {
        var gradients = _gradients ?? throw new InvalidOperationException("Step wants a gradient: call Backward first.");
        _rows.Step(rate, gradients);
        _gradients = null;
        _recorded = 0;
    }

    IEncoder ITrainableEncoder<int>.Snapshot() => ToEncoder();

    /// <inheritdoc />
    public void Save(Stream to)
    {
        ArgumentNullException.ThrowIfNull(to);
        _rows.Save(to);
    }

    /// <inheritdoc />
    public void Load(Stream from)
    {
        ArgumentNullException.ThrowIfNull(from);
        _rows.Load(from);
    }

    /// <inheritdoc />
    public void SaveParameters(Stream to)
    {
        _rows.CatchUpAll();
        _rows.SaveValues(to);
    }

    /// <inheritdoc />
    public void LoadParameters(Stream from)
    {
        _rows.CatchUpAll();
        _rows.LoadValues(from);
    }

    // The kernels read whole vectors: rows of another length are copied with zeros behind them.
    private Rows<float> Padded(Rows<float> gradients)
    {
        var copy = new Rows<float>(AlignedMemory.AtLeast(ref _copies, gradients.Count * _rows.Padded), gradients.Count, _rows.Padded, _rows.Padded);
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
            SortByToken();
        }
        else
        {
            Pool(block - 1, worker);
        }
    }

    private void Pool(int block, int worker)
    {
        int padded = _rows.Padded;
        float* whole = stackalloc float[padded];
        int last = Math.Min(_into.Count, (block + 1) * Blocks.Rows);
        fixed (float* weights = _rows.Values.Span, into = _into.Data.Span)
        fixed (WeightedRow* entries = _bags.Entries)
        {
            for (int i = block * Blocks.Rows; i < last; i++)
            {
                int text = _inputs[i], start = _bags.Offsets[text];
                float* row = into + ((nint)i * _into.Stride);
                RowSums.Sum(weights, padded, padded, entries + start, _bags.Offsets[text + 1] - start, _bags.InverseLengths[text], padded == Dimensions ? row : whole);
                if (padded != Dimensions)
                {
                    new ReadOnlySpan<float>(whole, Dimensions).CopyTo(_into[i]);
                }
            }
        }
    }

    // What a row missed is made up for before it is read: of a batch that is trained on, its own tokens; else all of them.
    private void ForwardCaughtUp()
    {
        if (_recorded > 0)
        {
            SortByToken();
            _rows.CatchUpTouched();
        }
        else
        {
            _rows.CatchUpAll();
        }

        Blocks.Run(Blocks.Of(_into.Count), _threads, _poolBlock);
        _into = default;
    }

    private void SortByToken() => _rows.Touched.Sort(_bags, _inputs.AsSpan(0, _recorded));
}
