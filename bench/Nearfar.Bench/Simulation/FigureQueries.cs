using Nearfar.Evaluation;
using Nearfar.Evaluation.Geometry;
using Nearfar.Evaluation.Statistics;
using Nearfar.Evaluation.Tasks;
using Nearfar.Training.Sampling;
using Drawn = Nearfar.Bench.Simulation.FigureStudy.Drawn;

namespace Nearfar.Bench.Simulation;

/// <summary>Figures over questions and pairs: quantiles of margins, alignment, areas under the curve, Spearman's rho.</summary>
internal static class FigureQueries
{
    private static readonly (string Name, double P)[] s_quantiles = [("q05", .05), ("q10", .10), ("q50", .50)];

    // Rising functions of a bell, so that quantiles are known and questions of one page may correlate.
    private static readonly (string Name, Func<double, double> Of)[] s_margins =
    [
        ("normal", z => .2 + (.15 * z)),
        ("long low tail", z => .4 - (.1 * Math.Exp(-.8 * z))),
        ("two groups, gap at 15 %", z => z > -1.0364 ? .3 + (.08 * z) : -.1 + (.1 * z)),
    ];

    public static void Run(Study study)
    {
        foreach (bool single in new[] { true, false })
        {
            string questions = single ? "independent" : "2.2 a page";
            foreach (var (name, shape) in s_margins)
            {
                FigureStudy.Rows(study, "quantiles", $"{name}, {questions}", 1000, f => shape(-Normal.UpperQuantile(s_quantiles.Single(q => q.Name == f).P)), (random, n) =>
                {
                    int[] pages = FigureWorlds.Pages(n, single);
                    double[] values = Array.ConvertAll(FigureWorlds.Bells(random, pages), z => shape(z));
                    return s_quantiles.Select(q => new Drawn(q.Name, MarginQuantiles.Of(values, pages, q.P)));
                });
            }

            Alignment(study, questions, single);
            foreach (double auc in new[] { .8, .95, .99 })
            {
                Areas(study, "normal", questions, single, auc, Math.Sqrt(2) * -Normal.UpperQuantile(auc), 0);
                Areas(study, "some lost", questions, single, auc, Math.Sqrt(2) * -Normal.UpperQuantile((auc - ((1 - auc) / 2)) / auc), 1 - auc);
            }

            foreach (double auc in new[] { .8, .95, .97, .98, .99, .995 })
            {
                Pooled(study, questions, single, auc);
            }
        }

        foreach (double rho in new[] { .3, .7, .9 })
        {
            double r = 2 * Math.Sin(Math.PI * rho / 6);      // Pearson's of normals whose Spearman's is rho
            Correlation(study, FormattableString.Invariant($"normal, {rho}"), rho, r, (a, b, _) => (a, b));
            Correlation(study, FormattableString.Invariant($"six grades, {rho}"), null, r, (a, b, _) => (a, Math.Clamp(Math.Round(2.5 + (1.2 * b)), 0, 5)));
            Correlation(study, FormattableString.Invariant($"heavy tails, {rho}"), null, r, (a, b, scale) => (a * scale, b * scale));
        }
    }

    private static void Alignment(Study study, string questions, bool single)
    {
        // Squared distances about .5, skewed to the right.
        FigureStudy.Rows(study, "alignment", questions, 1000, _ => .45 * Math.Exp(.6 * .6 / 2), (random, n) =>
        {
            int[] pages = FigureWorlds.Pages(n, single);
            return [FigureStudy.Measured(GeometryNames.Alignment, QueryGeometry.Alignment(Array.ConvertAll(FigureWorlds.Bells(random, pages), z => .45 * Math.Exp(.6 * z)), pages))];
        });
    }

    // About every other pair matches; a share of the matching ones is like the others.
    private static void Areas(Study study, string shape, string questions, bool single, double auc, double away, double lost) =>
        FigureStudy.Rows(study, "auc", FormattableString.Invariant($"{shape} {auc}, {questions}"), 1000, _ => auc, (random, n) =>
        {
            int[] pages = FigureWorlds.Pages(n, single);
            double[] bells = FigureWorlds.Bells(random, pages);
            bool[] matches = [.. bells.Select((_, i) => ((i / 3) + i) % 2 == 0)];
            double[] similarities = [.. bells.Select((z, i) => z + (matches[i] && random.Uniform() >= lost ? away : 0))];
            return [new Drawn("pair AUC", PairClassification.Auc(new ScoredPairs(similarities, matches, [.. pages.Select(p => $"{p}")])))];
        });

    // One right document a question, four wrong ones; half of the spread is the question's own.
    private static void Pooled(Study study, string questions, bool single, double auc)
    {
        double away = Math.Sqrt(2) * -Normal.UpperQuantile(auc);
        FigureStudy.Rows(study, "pooled", FormattableString.Invariant($"{auc}, {questions}"), 1000, _ => null, (random, n) =>
        {
            int[] pages = FigureWorlds.Pages(n, single);
            double[] own = FigureWorlds.Bells(random, pages);
            var asked = own.Select(o => ((IReadOnlyList<double>)[away + Mixed(random, o)], (IReadOnlyList<double>)[.. Enumerable.Range(0, 4).Select(_ => Mixed(random, o))])).ToArray();
            return [FigureStudy.Measured(GeometryNames.PooledAuc, QueryGeometry.PooledAuc(asked, pages))];
        });
    }

    private static double Mixed(SeededRandom random, double own) => Math.Sqrt(.5) * (own + FigureWorlds.Normal(random));

    private static void Correlation(Study study, string world, double? truth, double r, Func<double, double, double, (double A, double B)> shape) =>
        FigureStudy.Rows(study, "spearman", world, 1000, _ => truth, (random, n) =>
        {
            double[] a = new double[n];
            double[] b = new double[n];
            for (int i = 0; i < n; i++)
            {
                double x = FigureWorlds.Normal(random);
                double y = (r * x) + (Math.Sqrt(1 - (r * r)) * FigureWorlds.Normal(random));
                double square = Enumerable.Range(0, 3).Sum(_ => Math.Pow(FigureWorlds.Normal(random), 2));      // t with three degrees of freedom
                (a[i], b[i]) = shape(x, y, 1 / Math.Sqrt(square / 3));
            }

            return [new Drawn("Spearman", RankCorrelation.Spearman(a, b))];
        });
}
