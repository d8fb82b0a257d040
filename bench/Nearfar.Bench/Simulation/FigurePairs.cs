using Nearfar.Evaluation;
using Nearfar.Evaluation.Spaces;
using Nearfar.Evaluation.Statistics;
using Nearfar.Evaluation.Tasks;
using Nearfar.Gating.Sets;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Drawn = Nearfar.Bench.Simulation.FigureStudy.Drawn;

namespace Nearfar.Bench.Simulation;

/// <summary>Figures of two spaces, of the gate set beside traffic, and of tasks: carried thresholds, neighbours, shares, abstention, V-measure.</summary>
internal static class FigurePairs
{
    private static readonly EmbeddingSpace s_old = new("old");
    private static readonly EmbeddingSpace s_new = new("new");

    public static void Run(Study study)
    {
        foreach (double share in new[] { .05, .10, .50 })
        {
            double threshold = Normal.UpperQuantile(share);
            FigureStudy.Rows(study, "threshold", FormattableString.Invariant($"{share:P0} let through, two samples"), 1000, _ => (2 * threshold) + 1, (random, n) =>
                [Carried(ThresholdTransfer.Exact(threshold, new(s_old, Scores(random, n)), new(s_new, [.. Scores(random, n).Select(s => (2 * s) + 1)])))]);
            foreach (bool single in new[] { true, false })
            {
                FigureStudy.Rows(study, "threshold", FormattableString.Invariant($"{share:P0} let through, {(single ? "independent" : "2.2 a page")}, both spaces"), 300, _ => (2 * threshold) + 1, (random, n) =>
                {
                    int[] pages = FigureWorlds.Pages(n, single);
                    string[] names = [.. pages.Select(p => $"{p}")];
                    double[] a = FigureWorlds.Bells(random, pages);
                    double[] other = FigureWorlds.Bells(random, pages);
                    return [Carried(ThresholdTransfer.Paired(threshold, new(s_old, a, names), new(s_new, [.. a.Zip(other, (x, y) => (2 * ((.8 * x) + (.6 * y))) + 1)], names)))];
                });
            }
        }

        foreach (var (world, dimensions, clusters, noise) in new[] { ("one cloud", 16, false, .3), ("ten clusters", 16, true, .3), ("one cloud, 8 dimensions, little alike", 8, false, .8) })
        {
            FigureStudy.Rows(study, "vectors", world, 300, _ => null, (random, n) =>
            {
                float[][] before = FigureWorlds.Cloud(random, n, dimensions, clusters);
                float[][] after = [.. before.Select(r => FigureWorlds.Near(random, r, noise))];
                var both = new VectorComparison(Vectors(s_old, before), Vectors(s_new, after));
                return [new Drawn("overlap", both.Overlap, true), new("rank-biased overlap", both.RankBiasedOverlap, true), new("top churn", both.TopChurn, true), new("Kendall's tau", both.KendallTau!, true)];      // "about 95 %" is what compare says of them
            }, 1000);
        }

        Shares(study);
        Tasks(study);
    }

    private static Drawn Carried(ThresholdTransfer transfer) => new($"carried threshold, {transfer.Method}", new(transfer.ScoresTo, transfer.Value, transfer.Low, transfer.High), transfer is { IsRough: true, Method: "paired" });      // the other is in no reason

    private static double[] Scores(SeededRandom random, int n) => [.. Enumerable.Range(0, n).Select(_ => FigureWorlds.Normal(random))];

    private static VectorSet Vectors(EmbeddingSpace space, float[][] rows) =>
        new(space, [.. rows.Select((_, i) => $"{i:0000}")], new Rows<float>(rows.SelectMany(r => r).ToArray(), rows.Length, rows[0].Length, rows[0].Length));

    private static void Shares(Study study)
    {
        foreach (var (gate, traffic) in new[] { (.05, .05), (.1, .1), (.1, .2), (.3, .3), (.5, .5), (.3, .6) })
        {
            FigureStudy.Rows(study, "shares", FormattableString.Invariant($"{gate:P0} of the gate set, {traffic:P0} of traffic"), 1000, _ => traffic - gate, (random, n) =>
            {
                int Count(double share) => Enumerable.Range(0, n).Count(_ => random.Uniform() < share);
                var difference = ShareComparison.Difference("", Count(gate), n, Count(traffic), n);
                return [new Drawn("share in traffic less share in the gate set", new(n, difference.Difference, difference.Low, difference.High), difference.FewCases)];
            }, 10 * FigureStudy.Draws);
        }
    }

    // Confidences that know a question's quality more or less; groups that know a text's label.
    private static void Tasks(Study study)
    {
        foreach (double noise in new[] { .2, .6 })
        {
            FigureStudy.Rows(study, "tasks", FormattableString.Invariant($"qualities from 0 to 1, confidence off by {noise}"), 300, _ => null, (random, n) =>
                [Silent(random, [.. Enumerable.Range(0, n).Select(_ => random.Uniform())], noise)], 1000);
            FigureStudy.Rows(study, "tasks", FormattableString.Invariant($"right three times of four, confidence off by {noise}"), 300, _ => null, (random, n) =>
                [Silent(random, [.. Enumerable.Range(0, n).Select(_ => random.Uniform() < .75 ? 1.0 : 0)], noise)], 1000);
        }

        foreach (var (labels, right) in new[] { (3, .7), (3, .95), (10, .7) })
        {
            FigureStudy.Rows(study, "tasks", FormattableString.Invariant($"{labels} labels, {right:P0} in a group of their own"), 300, _ => null, (random, n) =>
            {
                int[] own = [.. Enumerable.Range(0, n).Select(_ => random.Below(labels))];
                return [new Drawn("V-measure", ClusterAgreement.VMeasureOf([.. own.Select(l => $"{l}")], [.. own.Select(l => random.Uniform() < right ? l : random.Below(labels))]))];
            }, 1000);
        }
    }

    private static Drawn Silent(SeededRandom random, double[] qualities, double noise) =>
        new("abstention nAUC", Abstention.NormalisedAuc([.. qualities.Select(q => q + (noise * FigureWorlds.Normal(random)))], qualities));
}
