using System.Numerics;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>Triplets made inside the batch from the groups of its rows: rows of one group ought to be nearer each other than rows of others, by a margin.</summary>
/// <remarks>
/// Hermans, Beyer and Leibe 2017, arXiv:1703.07737, eq. 5 (hardest, with margin or soft) and 7 (all); semi-hard: Schroff et al. 2015, arXiv:1503.03832,
/// section 3.2. Anchors and positives are both rows, each with its pair's label. The margin (ln 2 when soft) for a collapsed encoder; 0 for an empty batch,
/// one group alone, or groups of one row each. Differs: an anchor without a positive or without a negative does not count.
/// Memory: 64 rows against all, so linear in the batch. Thread-safe.
/// </remarks>
/// <param name="rule">Which triplets count.</param>
/// <param name="cosine">1 - cosine, else Euclidean.</param>
internal sealed class LabelTripletLoss(TripletRule rule, bool cosine) : ILoss
{
    public LossNeeds Needs => LossNeeds.Labels;

    public bool NormalisesRows => cosine;

    public LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, in StepInfo step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ShapeException.ThrowUnlessColumns(batch, gradients, 1, 2);
        ShapeException.Require(batch.Side.Labels.Length == batch.Pairs, $"Wanted {batch.Pairs} labels; got {batch.Side.Labels.Length}.");
        var work = new Work<T>(rule, cosine, batch, step.Threads);
        double value = work.Run();
        work.Write(gradients);
        return new LossValue(value, batch.Pairs);
    }

    private sealed class Work<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly TripletRule _rule;
        private readonly bool _cosine;
        private readonly int[] _labels;
        private readonly int _count, _d, _pairs, _threads;
        private readonly T[] _rows, _inverse, _gradient;
        private readonly double[] _squares, _own;      // _own: what each row's own weight is in its gradient (Euclidean)
        private readonly GramStripes<T> _gram;
        private int _terms;

        public Work(TripletRule rule, bool cosine, LossBatch<T> batch, int threads)
        {
            (_rule, _cosine, _threads) = (rule, cosine, threads);
            (_pairs, _d, _count) = (batch.Pairs, batch.Columns[0].Dimensions, batch.Pairs * batch.Columns.Count);
            _labels = [.. Enumerable.Repeat(batch.Side.Labels.ToArray(), batch.Columns.Count).SelectMany(l => l)];
            _rows = new T[checked(_count * _d)];
            _inverse = new T[_count];
            _gradient = new T[_rows.Length];
            _own = new double[_count];
            for (int i = 0; i < _count; i++)
            {
                var row = _rows.AsSpan(i * _d, _d);
                batch.Columns[i / _pairs][i % _pairs].CopyTo(row);
                _inverse[i] = RowKernels.InverseLength<T>(row);
                for (int k = 0; cosine && k < _d; k++)
                {
                    row[k] *= _inverse[i];
                }
            }

            _gram = new GramStripes<T>(_rows, _count, _d, threads);
            _squares = [.. _gram.Squares().Select(double.CreateChecked)];
        }

        public double Run()
        {
            int high = Math.Min(Blocks.Rows, _count);
            T[] products = new T[high * _count];
            double[] distances = new double[products.Length], derivative = new double[products.Length];
            double[] losses = new double[high];
            int[] terms = new int[high];
            double loss = 0;
            for (int first = 0; first < _count; first += Blocks.Rows)
            {
                int stripe = first, rows = Math.Min(Blocks.Rows, _count - first);
                _gram.Products(first, rows, products);
                Blocks.Run(rows, _threads, (i, _) =>
                {
                    var line = distances.AsSpan(i * _count, _count);
                    var slopes = derivative.AsSpan(i * _count, _count);
                    Measure(products.AsSpan(i * _count, _count), stripe + i, line);
                    slopes.Clear();
                    losses[i] = 0;
                    terms[i] = _rule.Add(line, _labels, stripe + i, slopes, ref losses[i]);
                    losses[i] = double.IsFinite(System.Numerics.Tensors.TensorPrimitives.Sum<double>(line)) ? losses[i] : double.NaN;     // never hidden by a margin
                    Weigh(line, slopes, stripe + i, products.AsSpan(i * _count, _count));
                });
                _gram.AddWeighted(products, first, rows, _gradient);
                for (int i = 0; i < rows; i++)
                {
                    loss += losses[i];      // in order: the same bits for any number of threads
                    _terms += terms[i];
                    AddOwn(derivative.AsSpan(i * _count, _count), stripe + i);
                }
            }

            return _terms == 0 ? (double.IsFinite(loss) ? 0 : loss) : loss / _terms;
        }

        private void Measure(ReadOnlySpan<T> products, int anchor, Span<double> distances)
        {
            for (int j = 0; j < distances.Length; j++)
            {
                double product = double.CreateChecked(products[j]);
                distances[j] = _cosine ? 1 - product : Math.Sqrt(Math.Max(0, _squares[anchor] + _squares[j] - (2 * product)));
            }
        }

        // What each row counts in the gradient of the other: by a distance, w (x - y) with w = slope / distance; by a cosine distance, -slope y.
        private void Weigh(ReadOnlySpan<double> distances, Span<double> slopes, int anchor, Span<T> weights)
        {
            for (int j = 0; j < slopes.Length; j++)
            {
                slopes[j] = _cosine ? slopes[j] : distances[j] == 0 || j == anchor ? 0 : slopes[j] / distances[j];
                weights[j] = T.CreateChecked(-slopes[j]);
            }
        }

        private void AddOwn(ReadOnlySpan<double> weights, int anchor)
        {
            if (!_cosine)
            {
                for (int j = 0; j < weights.Length; j++)
                {
                    _own[anchor] += weights[j];
                    _own[j] += weights[j];
                }
            }
        }

        public void Write(IReadOnlyList<Rows<T>> gradients)
        {
            T share = _terms == 0 ? T.Zero : T.One / T.CreateChecked(_terms);
            Blocks.Run(Blocks.Of(_count), _threads, (block, _) =>
            {
                for (int i = block * Blocks.Rows; i < Math.Min((block + 1) * Blocks.Rows, _count); i++)
                {
                    Span<T> gradient = _gradient.AsSpan(i * _d, _d), row = _rows.AsSpan(i * _d, _d), into = gradients[i / _pairs][i % _pairs];
                    into.Clear();
                    if (_cosine)
                    {
                        RowKernels.AddDifference<T>(into, gradient, T.One, row, RowKernels.Dot<T>(row, gradient), share * _inverse[i]);
                    }
                    else
                    {
                        RowKernels.AddDifference<T>(into, gradient, T.One, row, T.CreateChecked(-_own[i]), share);
                    }
                }
            });
        }
    }
}
