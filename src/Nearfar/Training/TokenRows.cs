using System.Runtime.InteropServices;
using Nearfar.Training.Optimization;
using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>The rows of the tokens that training texts hold, and their optimiser.</summary>
internal sealed unsafe class TokenRows
{
    private readonly StaticStart _start;
    private readonly int[] _vocabulary;
    private readonly int _threads;
    private readonly OptimizerOptions _options;
    private readonly RowOptimizer _optimizer;
    private readonly Action<int, int> _updateBlock;
    private double[] _squares = [];             // by touched token: of its gradient
    private float _clip = 1;                    // the gradient is multiplied by it
    private Rows<float> _gradients;             // of the step under way

    /// <param name="start">What all rows begin as.</param>
    /// <param name="vocabulary">Tokens that are trained.</param>
    /// <param name="threads">At least 1; no result depends on it.</param>
    /// <param name="options">Checked by the trainer.</param>
    /// <param name="seed">Of rounding.</param>
    /// <param name="weightShare">Rate of learned factors by that of the rows; null: none are learned.</param>
    public TokenRows(StaticStart start, int[] vocabulary, int threads, OptimizerOptions options, ulong seed, double? weightShare)
    {
        (_start, _vocabulary, _threads, _options) = (start, vocabulary, threads, options);
        Touched = new TouchedTokens(vocabulary.Length);
        Padded = Lanes.RoundUp(start.Dimensions, Lanes.Count);
        Values = AlignedMemory.Allocate(checked(vocabulary.Length * Padded));
        for (int i = 0; i < vocabulary.Length; i++)
        {
            start.Rows.Span.Slice(vocabulary[i] * start.Dimensions, start.Dimensions).CopyTo(Values.Span[(i * Padded)..]);
        }

        Weights = weightShare is { } share ? new TokenWeights(Values, Padded, share) : null;
        _optimizer = new RowOptimizer(options, Weights?.Rows ?? Values, vocabulary.Length, Padded, seed);
        _updateBlock = Weights is not null ? UpdateWeighted : _optimizer.PlainAdam ? UpdateByAdam : options.Dense ? UpdateAll : UpdateTouched;
    }

    /// <summary>Tokens that are trained.</summary>
    public int Count => _vocabulary.Length;

    /// <summary>Values of a row: D rounded up to 16; those behind D stay zero.</summary>
    public int Padded { get; }

    /// <summary>The rows as texts are pooled from them [Count, Padded], learned factors in them.</summary>
    public Memory<float> Values { get; }

    /// <summary>The learned factors, if any.</summary>
    public TokenWeights? Weights { get; }

    /// <summary>The tokens of the batch that <see cref="Step"/> learns from; sorted by the caller.</summary>
    public TouchedTokens Touched { get; }

    /// <summary>Whether rows must be caught up before they are read.</summary>
    public bool CatchesUp => _optimizer.CatchesUp;

    /// <summary>Writes all rows as they are now [V, D]: trained ones, and the start rows of the other tokens.</summary>
    public void CopyTo(Span<float> rows)
    {
        CatchUpAll();
        _start.Rows.Span.CopyTo(rows);
        int dimensions = _start.Dimensions;
        for (int i = 0; i < _vocabulary.Length; i++)
        {
            Values.Span.Slice(i * Padded, dimensions).CopyTo(rows[(_vocabulary[i] * dimensions)..]);
        }
    }

    /// <summary>Makes up for what the rows of the batch missed.</summary>
    public void CatchUpTouched() => Blocks.Run(Blocks.Of(Touched.Count), _threads, (block, _) =>
    {
        foreach (int token in Touched.Tokens.AsSpan(0, Touched.Count)[(block * Blocks.Rows)..Math.Min(Touched.Count, (block + 1) * Blocks.Rows)])
        {
            _optimizer.CatchUp(token);
        }
    });

    /// <summary>Makes up for what any row missed.</summary>
    /// <remarks>Never for a checkpoint: catching up in two parts rounds otherwise than in one, and checkpoints come when the clock says so.</remarks>
    public void CatchUpAll()
    {
        if (CatchesUp)
        {
            Blocks.Run(Blocks.Of(Count), _threads, (block, _) =>
            {
                for (int token = block * Blocks.Rows; token < Math.Min(Count, (block + 1) * Blocks.Rows); token++)
                {
                    _optimizer.CatchUp(token);
                }
            });
        }
    }

    /// <summary>One update.</summary>
    /// <param name="rate">Learning rate of this step.</param>
    /// <param name="gradients">By the means of the batch's texts [B, Padded].</param>
    public void Step(double rate, Rows<float> gradients)
    {
        _gradients = gradients;
        _optimizer.Begin(rate);
        Weights?.Begin(rate, _optimizer.Step);
        _clip = _options.ClipNorm is { } most ? Clip(most) : 1;
        Blocks.Run(Blocks.Of(_options.Dense ? Count : Touched.Count), _threads, _updateBlock);
        _gradients = default;
    }

    /// <summary>Writes rows and state of the optimiser.</summary>
    public void Save(Stream to)
    {
        RowOptimizer.WriteLong(to, _optimizer.Step);
        SaveValues(to);
        _optimizer.Save(to);
        Weights?.Save(to);
    }

    public void Load(Stream from)
    {
        _optimizer.Step = RowOptimizer.ReadLong(from);
        LoadValues(from);
        _optimizer.Load(from);
        Weights?.Load(from);
    }

    public void SaveValues(Stream to) => to.Write(MemoryMarshal.AsBytes(Values.Span));

    public void LoadValues(Stream from) => from.ReadExactly(MemoryMarshal.AsBytes(Values.Span));

    // The length of all gradients together: squares of each row, then their sum in the order of tokens, for any number of threads.
    private float Clip(double most)
    {
        if (_squares.Length < Touched.Count)
        {
            _squares = new double[Count];
        }

        Blocks.Run(Blocks.Of(Touched.Count), _threads, (block, _) =>
        {
            float* gradient = stackalloc float[Padded];
            for (int t = block * Blocks.Rows; t < Math.Min(Touched.Count, (block + 1) * Blocks.Rows); t++)
            {
                Gradient(t, 1, gradient);
                _squares[t] = 0;
                for (int i = 0; i < Padded; i++)
                {
                    _squares[t] += (double)gradient[i] * gradient[i];
                }
            }
        });
        double square = 0;
        foreach (double one in _squares.AsSpan(0, Touched.Count))
        {
            square += one;
        }

        return (float)Math.Min(1, most / Math.Sqrt(square));
    }

    private void Gradient(int touched, float factor, float* into)
    {
        fixed (float* rows = _gradients.Data.Span)
        fixed (WeightedRow* entries = Touched.Entries)
        {
            RowSums.Sum(rows, _gradients.Stride, Padded, entries + Touched.Starts[touched], Touched.Starts[touched + 1] - Touched.Starts[touched], factor, into);
        }
    }

    private void UpdateTouched(int block, int worker)
    {
        float* gradient = stackalloc float[Padded];
        for (int t = block * Blocks.Rows; t < Math.Min(Touched.Count, (block + 1) * Blocks.Rows); t++)
        {
            Gradient(t, _clip, gradient);
            _optimizer.Update(Touched.Tokens[t], gradient);
        }
    }

    private void UpdateWeighted(int block, int worker)
    {
        float* gradient = stackalloc float[Padded];
        for (int t = block * Blocks.Rows; t < Math.Min(Touched.Count, (block + 1) * Blocks.Rows); t++)
        {
            Gradient(t, _clip, gradient);
            Weights!.Update(Touched.Tokens[t], gradient, _optimizer);
        }
    }

    // Every token: those that no text of the batch holds have the gradient 0.
    private void UpdateAll(int block, int worker)
    {
        float* gradient = stackalloc float[Padded];
        int first = block * Blocks.Rows, at = Array.BinarySearch(Touched.Tokens, 0, Touched.Count, first);
        at = at < 0 ? ~at : at;
        for (int token = first; token < Math.Min(Count, first + Blocks.Rows); token++)
        {
            if (at < Touched.Count && Touched.Tokens[at] == token)
            {
                Gradient(at++, _clip, gradient);
            }
            else
            {
                new Span<float>(gradient, Padded).Clear();
            }

            _optimizer.Update(token, gradient);
        }
    }

    // Gradient and update of 64 touched tokens; the rows of the next one are on their way while one is summed.
    private void UpdateByAdam(int block, int worker)
    {
        float* gradient = stackalloc float[Padded];
        int[] tokens = Touched.Tokens, starts = Touched.Starts;
        int last = Math.Min(Touched.Count, (block + 1) * Blocks.Rows), stride = _gradients.Stride;
        float stepSize = _optimizer.StepSize;
        fixed (float* rows = _gradients.Data.Span, weights = Values.Span, first = _optimizer.First.Span, second = _optimizer.Second.Span)
        fixed (WeightedRow* entries = Touched.Entries)
        {
            for (int t = block * Blocks.Rows; t < last; t++)
            {
                nint next = (nint)tokens[Math.Min(t + 1, last - 1)] * Padded;
                RowSums.Prefetch(weights + next, Padded);
                RowSums.Prefetch(first + next, Padded);
                RowSums.Prefetch(second + next, Padded);
                RowSums.Sum(rows, stride, Padded, entries + starts[t], starts[t + 1] - starts[t], _clip, gradient);
                nint at = (nint)tokens[t] * Padded;
                LazyAdam.Update(weights + at, first + at, second + at, gradient, Padded, stepSize);
            }
        }
    }
}
