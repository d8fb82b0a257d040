using System.Globalization;
using Nearfar.Evaluation.Statistics;
using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Simulation;

/// <summary>From which number of changes on a printed 95 % interval holds the truth as often as it says.</summary>
/// <remarks>
/// A cell is a size, a share that changes and a true fall, or a size and a spread of values. Under the condition that at least so many documents changed it counts
/// where that is the case every other time at least, likewise for fewer. "Both" counts marked and unmarked ones of the cells where every other one at least goes
/// unmarked. 0/1 measures of questions with a document each: every table is summed with its probability.
/// </remarks>
internal static class IntervalStudy
{
    private const int Draws = 20_000;
    private const double Alpha = 0.025;

    private static readonly int[] s_sizes = [30, 50, 73, 100, 150, 300];
    private static readonly double[] s_changes = [.03, .05, .10, .15, .20, .30];
    private static readonly int[] s_exactSizes = [30, 40, 50, 60, 73, 90, 100, 125, 150, 200, 250, 300];
    private static readonly int[] s_shareSizes = [30, 36, 40, 45, 50, 60, 73, 90, 100, 125, 150, 200, 250, 300, 500, 1000, 3000];
    private static readonly double[] s_exactChanges = [.02, .04, .06, .08, .10, .12, .14, .16, .18, .20, .22, .24, .26, .28, .30];
    private static readonly double[] s_falls = [0, .1, .2, .3, .4, .5, .6, .8, 1];
    private static readonly int[] s_thresholds = [0, 3, 5, 8, 10, 12, 13, 14, 15, 20];

    // Rank of the one right document, 1 to 10 or beyond: its share, and its value by measure.
    private static readonly double[] s_ranks = [.35, .. Enumerable.Repeat(.4 / 9, 9), .25];
    private static readonly double[] s_ndcg = [.. Enumerable.Range(1, 10).Select(r => 1 / Math.Log2(r + 1)), 0];
    private static readonly double[] s_reciprocal = [.. Enumerable.Range(1, 10).Select(r => 1.0 / r), 0];

    private static readonly Documents[] s_documents =
    [
        new("one question a document", [1], Alike: false), new("2.2 a document", [1, 2, 3, 2, 2, 3], Alike: true), new("2.2 a document, unlike", [1, 2, 3, 2, 2, 3], Alike: false),
        new("8, 1, 2, 1, 1, 1, 1 a document", [8, 1, 2, 1, 1, 1, 1], Alike: true),
    ];

    // Shares of values 1 and 0; the rest lies between.
    private static readonly (double One, double Zero)[] s_levels =
    [
        (.98, 0), (.97, .02), (.95, .02), (.9, .05), (.8, .1), (.6, .2), (.3, .3), (.2, .6), (.1, .8), (.05, .9), (.02, .95), (.02, .97), (.01, .97), (0, .98), (0, .95), (0, .9),
    ];

    // A question that changes at one of three steps between four releases: the rise of its line, by the step.
    private static readonly double[] s_rises = [.9, 1.2, .9];

    private static readonly double[] s_shares = [.02, .03, .05, .08, .10, .15, .20, .25, .30, .35, .40, .45, .50];

    /// <summary>How many questions the documents have, again and again, and whether those of one are alike.</summary>
    private sealed record Documents(string Name, int[] Sizes, bool Alike);

    /// <summary>A number of changes, its probability, and the probability that it comes with an interval that holds the truth.</summary>
    private readonly record struct Outcome(int Seen, double P, double Held, double HeldByT);

    public static void Run(Study study)
    {
        study.Head($"### From which number of changes on an interval goes unmarked ({study.Repetitions(Draws)} draws a cell, but for what is exact)",
            ["measure", "documents", "unmarked from", "cells", "below 93.5, %", "above 97, %", "unmarked", "marked", "both, in the same cells: below, above", "both", "t: below, above", "t: unmarked", "t: marked"]);
        Differences(study, "0/1 differences, exact", s_documents[0], null, exact: true);
        foreach (var documents in s_documents)
        {
            Differences(study, "0/1 differences", documents, null);
            Differences(study, "nDCG differences", documents, s_ndcg);
        }

        Differences(study, "reciprocal rank differences", s_documents[0], s_reciprocal);
        Differences(study, "nDCG trends over four releases", s_documents[0], s_ndcg, rises: s_rises);
        Print(study, "shares, exact", s_documents[0].Name, () => from n in s_shareSizes from step in Enumerable.Range(1, 196) select ExactShare(n, 0.0101 + (step * 0.0025)));
        foreach (var documents in s_documents)
        {
            Print(study, "nDCG means", documents.Name, () => from n in s_sizes from level in s_levels select Means(study, n, documents, "ndcg@10", Spread(level)));
            Print(study, "shares", documents.Name, () => from n in s_sizes from share in s_shares select Means(study, n, documents, "recall@5", [(1, share), (0, 1 - share)]));
        }
    }

    private static void Differences(Study study, string measure, Documents documents, double[]? values, bool exact = false, double[]? rises = null) =>
        Print(study, measure, documents.Name,
            () => from n in exact ? s_exactSizes : s_sizes from change in exact ? s_exactChanges : s_changes from fall in s_falls select exact ? Exact(n, change, fall) : Changes(study, n, documents, change, fall, values, rises ?? [1]));

    private static void Print(Study study, string measure, string documents, Func<IEnumerable<Outcome[]>> run)
    {
        if (!study.Wants(measure))
        {
            return;
        }

        Outcome[][] cells = [.. run()];
        foreach (int least in s_thresholds)
        {
            double[] unmarked = Given(cells, s => s >= least, o => o.Held), marked = Given(cells, s => s < least, o => o.Held);
            double[] byT = Given(cells, s => s >= least, o => o.HeldByT), markedByT = Given(cells, s => s < least, o => o.HeldByT);
            double[] all = Given([.. cells.Where(cell => cell.Where(o => o.Seen >= least).Sum(o => o.P) >= .5)], _ => true, o => o.Held);
            study.Row(measure, documents, least, unmarked.Length, Percent(unmarked, c => c < 93.5), Percent(unmarked, c => c > 97), Range(unmarked), Range(marked),
                $"{Percent(all, c => c < 93.5)}, {Percent(all, c => c > 97)}", Range(all),
                $"{Percent(byT, c => c < 93.5)}, {Percent(byT, c => c > 97)}", Range(byT), Range(markedByT));
        }

        study.Output.Flush();
    }

    private static double[] Given(Outcome[][] cells, Func<int, bool> condition, Func<Outcome, double> held) =>
        [.. from cell in cells
            let chosen = cell.Where(o => condition(o.Seen)).ToArray()
            let likely = chosen.Sum(o => o.P)
            where likely >= .5
            select 100 * chosen.Sum(held) / likely];

    private static string Percent(double[] cells, Func<double, bool> of) => (100.0 * cells.Count(of) / Math.Max(1, cells.Length)).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Range(double[] cells) =>
        cells.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{cells.Min():0.0} to {cells.Max():0.0}");

    private static Outcome[] Exact(int n, double change, double fall)
    {
        double wins = change * (1 - fall) / 2, loses = change * (1 + fall) / 2;
        int most = Math.Min(n, (int)((n * change) + (9 * Math.Sqrt(n * change)) + 9));
        double[] logs = LogFactorials(n);
        var outcomes = new List<Outcome>();
        for (int won = 0; won <= (wins > 0 ? most : 0); won++)
        {
            for (int lost = 0; won + lost <= most; lost++)
            {
                double p = Math.Exp(logs[n] - logs[won] - logs[lost] - logs[n - won - lost] + (won * Math.Log(Math.Max(wins, 1e-300))) + (lost * Math.Log(loses)) + ((n - won - lost) * Math.Log(1 - change)));
                if (p > 1e-12)
                {
                    double[] values = [.. Enumerable.Repeat(1.0, won), .. Enumerable.Repeat(-1.0, lost), .. Enumerable.Repeat(0.0, n - won - lost)];
                    outcomes.Add(Paired("recall@5", values, [.. Enumerable.Range(0, n)], wins - loses, won + lost, p));
                }
            }
        }

        return [.. outcomes];
    }

    private static double[] LogFactorials(int n)
    {
        double[] logs = new double[n + 1];
        for (int i = 1; i <= n; i++)
        {
            logs[i] = logs[i - 1] + Math.Log(i);
        }

        return logs;
    }

    private static Outcome[] ExactShare(int n, double share)
    {
        double[] logs = LogFactorials(n);
        return [.. from ones in Enumerable.Range(0, n + 1)
            let p = Math.Exp(logs[n] - logs[ones] - logs[n - ones] + (ones * Math.Log(share)) + ((n - ones) * Math.Log(1 - share)))
            where p > 1e-12
            let values = Enumerable.Repeat(1.0, ones).Concat(Enumerable.Repeat(0.0, n - ones)).ToArray()
            let mean = ClusteredMean.Of(values, [.. Enumerable.Range(0, n)])
            select Of(MeanBounds.Describe("recall@5", values, mean, Alpha)!.Value, mean, share, Events(n, ones, n - ones, isShare: true), p)];
    }

    // What a mark looks at: the rarer of both outcomes, and none in too few documents for a share.
    private static int Events(int documents, int above, int below, bool isShare) => isShare && documents < MeanBounds.EnoughForShare ? 0 : Math.Min(above, below);

    // A document is touched with `change / within`, each of its questions then changes with `within`, all one way.
    private static Outcome[] Changes(Study study, int n, Documents documents, double change, double fall, double[]? values, double[] rises)
    {
        double within = documents.Sizes.Length == 1 ? 1 : .6;
        int[] clusters = Clusters(n, documents.Sizes);
        var pairs = values is null ? [(Size: 1.0, Share: 1.0)] : (from a in Enumerable.Range(0, values.Length) from b in Enumerable.Range(a + 1, values.Length - a - 1) select (Size: values[a] - values[b], Share: s_ranks[a] * s_ranks[b])).ToArray();
        double all = pairs.Sum(p => p.Share);
        string stream = FormattableString.Invariant($"{n} {change} {fall} {documents.Name} {pairs.Length}");
        double truth = -change * fall * rises.Average() * pairs.Sum(p => p.Size * p.Share / all);
        return study.Run(Draws, i =>
        {
            var random = SeededRandom.For(study.Seed, i, stream);
            double[] differences = new double[n];
            int changed = 0;
            for (int from = 0; from < n;)
            {
                int to = from;
                bool touched = random.Uniform() < change / within;
                double sign = random.Uniform() < (1 + fall) / 2 ? -1 : 1;
                bool any = false;
                for (; to < n && clusters[to] == clusters[from]; to++)
                {
                    if (!documents.Alike && to > from)
                    {
                        touched = random.Uniform() < change / within;
                        sign = random.Uniform() < (1 + fall) / 2 ? -1 : 1;
                    }

                    if (touched && random.Uniform() < within)
                    {
                        differences[to] = sign * Draw(random, pairs, all) * (rises.Length == 1 ? 1 : rises[random.Below(rises.Length)]);
                        any = true;
                    }
                }

                changed += any ? 1 : 0;
                from = to;
            }

            return Paired(values is null ? "recall@5" : "ndcg@10", differences, clusters, truth, changed, 1.0 / study.Repetitions(Draws), rises.Max());
        });
    }

    private static (double Value, double Share)[] Spread((double One, double Zero) level) =>
        [.. s_ndcg.Select((v, i) => (v, i == 0 ? level.One : i == 10 ? level.Zero : (1 - level.One - level.Zero) / 9))];

    // Two of five questions have the value of their document.
    private static Outcome[] Means(Study study, int n, Documents documents, string metric, (double Value, double Share)[] spread)
    {
        double truth = spread.Sum(s => s.Value * s.Share);
        string stream = FormattableString.Invariant($"{metric} {n} {spread[0].Share} {spread[^1].Share} {documents.Name}");
        int[] clusters = Clusters(n, documents.Sizes);
        return study.Run(Draws, i =>
        {
            var random = SeededRandom.For(study.Seed, i, stream);
            double[] values = new double[n];
            double shared = 0;
            for (int j = 0; j < n; j++)
            {
                shared = j == 0 || clusters[j] != clusters[j - 1] ? Draw(random, spread, 1) : shared;
                values[j] = documents.Alike && random.Uniform() < .4 ? shared : Draw(random, spread, 1);
            }

            int below = clusters.Where((_, j) => values[j] < 1).Distinct().Count();
            int above = clusters.Where((_, j) => values[j] > 0).Distinct().Count();
            var mean = ClusteredMean.Of(values, clusters);
            double p = 1.0 / study.Repetitions(Draws);
            return Of(MeanBounds.Describe(metric, values, mean, Alpha)!.Value, mean, truth, Events(mean.Clusters, above, below, isShare: spread.Length == 2), p);
        });
    }

    private static Outcome Paired(string metric, double[] differences, int[] clusters, double truth, int changed, double p, double largest = 1)
    {
        var mean = ClusteredMean.Of(differences, clusters);
        return Of(MeanBounds.DescribePaired(metric, differences, mean, Alpha, largest)!.Value, mean, truth, changed, p);
    }

    private static Outcome Of((double Low, double High) printed, in ClusteredMean mean, double truth, int seen, double p) =>
        new(seen, p, printed.Low <= truth + 1e-9 && truth - 1e-9 <= printed.High ? p : 0, Math.Abs(mean.Mean - truth) <= (mean.StandardError == 0 ? mean.Floor(Alpha, 1) : mean.HalfWidth(Alpha)) + 1e-9 ? p : 0);      // t, and the least width where nothing varies

    private static double Draw(SeededRandom random, (double Size, double Share)[] values, double all)
    {
        double at = random.Uniform() * all;
        foreach (var (size, share) in values)
        {
            at -= share;
            if (at < 0)
            {
                return size;
            }
        }

        return values[^1].Size;
    }

    private static int[] Clusters(int n, int[] sizes)
    {
        int[] clusters = new int[n];
        for (int i = 0, cluster = 0; i < n; cluster++)
        {
            for (int end = Math.Min(n, i + sizes[cluster % sizes.Length]); i < end; i++)
            {
                clusters[i] = cluster;
            }
        }

        return clusters;
    }
}
