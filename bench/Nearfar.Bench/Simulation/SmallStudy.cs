using System.Globalization;
using Nearfar.Evaluation.Statistics;

namespace Nearfar.Bench.Simulation;

/// <summary>Coverage of two-sided 95 % intervals of 0/1 measures below 30 questions: every table summed with its probability, nothing is drawn.</summary>
internal static class SmallStudy
{
    private const double Alpha = 0.025;
    private static readonly int[] s_sizes = [5, 10, 15, 20, 25, 29];

    public static void Run(Study study)
    {
        study.Head("### Coverage below 30 questions, percent: least over all truths, and mean (exact, shares in steps of .05)", ["interval", .. s_sizes.Select(n => $"n {n}")]);
        Level(study, "share, exact (verdict)", (k, n) => (Proportions.ExactLower(k, n, Alpha), Proportions.ExactUpper(k, n, Alpha)));
        Level(study, "share, Wilson (printed)", (k, n) => Proportions.Wilson(k, n, Alpha));
        Difference(study, "difference, exact (verdict)", (w, l, n) => (PairedExact.Lower(w, l, n, Alpha), -PairedExact.Lower(l, w, n, Alpha)));
        Difference(study, "difference, Tango (printed)", (w, l, n) => Proportions.Tango(w, l, n, Alpha));
        Difference(study, "difference, t", T);
    }

    private static void Level(Study study, string name, Func<int, int, (double Low, double High)> interval) => study.Row([name, .. s_sizes.Select(n =>
    {
        var bounds = Enumerable.Range(0, n + 1).Select(k => interval(k, n)).ToArray();
        return Cell([.. Enumerable.Range(0, 21).Select(s => s / 20.0).Select(share => Enumerable.Range(0, n + 1)
            .Where(k => Holds(bounds[k], share)).Sum(k => Ways(n, k) * Math.Pow(share, k) * Math.Pow(1 - share, n - k)))]);
    })]);

    private static void Difference(Study study, string name, Func<int, int, int, (double Low, double High)> interval) => study.Row([name, .. s_sizes.Select(n =>
    {
        var tables = (from w in Enumerable.Range(0, n + 1) from l in Enumerable.Range(0, n + 1 - w) select (Won: w, Lost: l, Bounds: interval(w, l, n), Ways: Ways(n, w) * Ways(n - w, l))).ToArray();
        var truths = from w in Enumerable.Range(0, 21) from l in Enumerable.Range(0, 21 - w) select (Wins: w / 20.0, Loses: l / 20.0);
        return Cell([.. truths.Select(t => tables.Where(x => Holds(x.Bounds, t.Wins - t.Loses))
            .Sum(x => x.Ways * Math.Pow(t.Wins, x.Won) * Math.Pow(t.Loses, x.Lost) * Math.Pow(Math.Max(0, 1 - t.Wins - t.Loses), n - x.Won - x.Lost)))]);
    })]);

    private static (double Low, double High) T(int won, int lost, int n)
    {
        double mean = (won - lost) / (double)n;
        double half = StudentT.UpperQuantile(Alpha, n - 1) * Math.Sqrt((((won + lost) / (double)n) - (mean * mean)) / (n - 1));
        return (mean - half, mean + half);
    }

    private static bool Holds((double Low, double High) bounds, double truth) => bounds.Low <= truth + 1e-6 && truth <= bounds.High + 1e-6;

    private static string Cell(double[] coverage) => string.Create(CultureInfo.InvariantCulture, $"{100 * coverage.Min():0.0}, {100 * coverage.Average():0.0}");

    private static double Ways(int n, int k) => Enumerable.Range(1, k).Aggregate(1.0, (ways, i) => ways * (n - k + i) / i);
}
