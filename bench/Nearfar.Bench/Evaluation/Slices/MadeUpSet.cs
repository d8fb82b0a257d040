using Nearfar.Evaluation.Slices;
using Nearfar.Evaluation.Statistics;
using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Evaluation.Slices;

/// <summary>Questions with six attributes by power laws, and skewed margins: 90 % N(.29, .09) + 10 % N(.02, .12), as evaluations show them.</summary>
internal sealed class MadeUpSet
{
    private static readonly (string Name, int Values, double Law, bool OfPage)[] s_attributes =
    [
        ("language", 7, 2.2, true), ("product", 9, 1.1, true), ("doc_age", 4, 0.6, true), ("query_length", 3, 0.5, false), ("intent", 16, 1.0, false), ("channel", 3, 0.7, false),
    ];

    /// <param name="questions">How many.</param>
    /// <param name="pages">Of which positive documents: as many as questions, or fewer by a power law.</param>
    /// <param name="seed">Of the attributes.</param>
    public MadeUpSet(int questions, int pages, ulong seed)
    {
        var random = new SeededRandom(seed);
        double[] law = [.. Enumerable.Range(0, pages).Select(p => 1 / Math.Pow(p + 3, 0.7))];
        int[] page = pages == questions ? [.. Enumerable.Range(0, questions)] : [.. Enumerable.Range(0, questions).Select(_ => Draw(random, law)).Order()];
        int[] starts = [.. Enumerable.Range(0, questions).Where(i => i == 0 || page[i] != page[i - 1]), questions];
        Starts = starts;
        Attributes = [.. s_attributes.Select(a =>
        {
            double[] weights = [.. Enumerable.Range(0, a.Values).Select(v => 1 / Math.Pow(v + 1, a.Law))];
            int[] values = new int[questions];
            for (int c = 0; c < starts.Length - 1; c++)
            {
                int ofPage = Draw(random, weights);
                for (int i = starts[c]; i < starts[c + 1]; i++)
                {
                    values[i] = a.OfPage ? ofPage : Draw(random, weights);
                }
            }

            return SliceAttribute.Of(a.Name, [.. values.Select(v => $"{v:00}")]);
        })];
    }

    public int[] Starts { get; }

    public IReadOnlyList<SliceAttribute> Attributes { get; }

    public int Questions => Starts[^1];

    public SliceLattice Lattice(int depth, int least = 10) => new(Attributes, Questions, least, depth);

    /// <summary>Margins with no slice in them.</summary>
    /// <param name="random">Drawn from.</param>
    /// <param name="shared">Share of the variance that questions of a page have in common.</param>
    public double[] Margins(SeededRandom random, double shared)
    {
        double[] values = new double[Questions];
        for (int c = 0; c < Starts.Length - 1; c++)
        {
            double page = Margin(random);
            for (int i = Starts[c]; i < Starts[c + 1]; i++)
            {
                values[i] = (Math.Sqrt(shared) * page) + (Math.Sqrt(1 - shared) * Margin(random));
            }
        }

        return values;
    }

    public ClusterPermutation Permutation(double[] values, bool single = false)
    {
        double mean = values.Average();
        int[] starts = single ? [.. Enumerable.Range(0, values.Length + 1)] : Starts;
        return new([.. values.Select(v => v - mean)], starts, new int[starts.Length - 1]);
    }

    private static double Margin(SeededRandom random) => random.Uniform() < 0.9 ? 0.29 + (0.09 * random.Bell()) : 0.02 + (0.12 * random.Bell());

    private static int Draw(SeededRandom random, double[] weights)
    {
        double at = random.Uniform() * weights.Sum();
        int value = 0;
        while (value < weights.Length - 1 && (at -= weights[value]) >= 0)
        {
            value++;
        }

        return value;
    }
}
