using System.Globalization;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Geometry;
using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Simulation;

/// <summary>How often the two-sided 95 % intervals of figures that are no plain means hold the truth: quantiles, areas, correlations, geometry, thresholds, neighbours.</summary>
/// <remarks>
/// Truth "closed form": of the planted world. "Mean": over all repetitions at that size, which is what an interval of a figure whose value depends on the size
/// aims at; where the estimate is unbiased it is the same, 30 times surer than one of them.
/// </remarks>
internal static class FigureStudy
{
    public const int Draws = 2000;

    /// <summary>Questions, pairs, documents or texts.</summary>
    public static readonly int[] Sizes = [30, 50, 100, 300, 1000];

    /// <summary>One figure of one draw.</summary>
    /// <param name="Figure">Its name.</param>
    /// <param name="Of">What the product made of it.</param>
    /// <param name="IsRough">Whether its interval is printed with a mark.</param>
    public sealed record Drawn(string Figure, Estimate Of, bool IsRough = false);

    /// <summary>A measure of a space, marked as the report does.</summary>
    public static Drawn Measured(string name, Estimate of) => new(name, of, GeometryNames.IsRough(name, of));

    public static void Run(Study study)
    {
        study.Head(string.Create(CultureInfo.InvariantCulture, $"### Coverage of the 95 % intervals of figures, percent ({study.Repetitions(Draws)} draws a cell, a half or a quarter of what takes long, ten times as many shares; in brackets: the truth lay below, above; outside 93.5 to 97 in bold; ≈: most are marked; unmarked: those alone, where that is outside; ≥ or ≤: one end alone, 97.5 wanted)"),
            ["figure", "world", "truth", .. Sizes.Select(n => $"n {n}")]);
        FigureQueries.Run(study);
        FigureSpaces.Run(study);
        FigurePairs.Run(study);
    }

    /// <summary>A row for each figure of a world.</summary>
    /// <param name="study">Where to.</param>
    /// <param name="part">What <c>--only</c> chooses.</param>
    /// <param name="world">Its name; names the stream with size and repetition.</param>
    /// <param name="most">Largest size that is drawn.</param>
    /// <param name="truth">By figure, in closed form; null: the mean of the estimates.</param>
    /// <param name="draw">A world of that size.</param>
    /// <param name="draws">At scale 1.</param>
    /// <param name="least">Smallest size that is drawn.</param>
    public static void Rows(Study study, string part, string world, int most, Func<string, double?> truth, Func<SeededRandom, int, IEnumerable<Drawn>> draw, int draws = Draws, int least = 30)
    {
        if (!study.Wants($"{part} {world}"))
        {
            return;
        }

        var rows = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (int n in Sizes.Where(n => n >= least && n <= most))
        {
            var drawn = study.Run(draws, i => draw(SeededRandom.For(study.Seed, i, FormattableString.Invariant($"{part} {world} {n}")), n).ToArray());
            foreach (var cell in drawn.SelectMany(d => d).GroupBy(d => d.Figure, StringComparer.Ordinal))
            {
                if (!rows.TryGetValue(cell.Key, out string[]? row))
                {
                    rows[cell.Key] = row = [.. Sizes.Select(_ => "")];
                }

                row[Array.IndexOf(Sizes, n)] = Cell([.. cell], truth(cell.Key) ?? cell.Average(c => c.Of.Value), draws * study.Scale);
            }
        }

        foreach (var (figure, cells) in rows)
        {
            study.Row([figure, world, truth(figure) is null ? "mean" : "closed form", .. cells]);
        }

        study.Output.Flush();
    }

    private static string Cell(Drawn[] drawn, double truth, double draws)
    {
        Drawn[] both = [.. drawn.Where(d => d.Of is { Low: not null, High: not null })];
        Drawn[] one = [.. drawn.Where(d => (d.Of.Low is null) != (d.Of.High is null))];
        Drawn[] printed = both.Length >= one.Length ? both : one;
        if (2 * printed.Length < draws)
        {
            return "none";
        }

        bool marked = 2 * printed.Count(d => d.IsRough) > printed.Length;
        var (below, above) = Missed(printed, truth);
        double coverage = 100 - below - above;
        if (printed == one)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{(one.Count(d => d.Of.Low is null) > one.Length / 2 ? "≤" : "≥")} {coverage:0.0}");
        }

        string text = string.Create(CultureInfo.InvariantCulture, $"{coverage:0.0} ({below:0.0}, {above:0.0})");
        if (marked)
        {
            return "≈ " + text;
        }

        text = IsOutside(coverage) ? $"**{text}**" : text;
        var clear = Missed([.. printed.Where(d => !d.IsRough)], truth);
        double ofClear = 100 - clear.Below - clear.Above;
        return printed.Any(d => d.IsRough) && IsOutside(ofClear) ? string.Create(CultureInfo.InvariantCulture, $"{text} unmarked **{ofClear:0.0}**") : text;
    }

    private static (double Below, double Above) Missed(Drawn[] printed, double truth) =>
        (100.0 * printed.Count(d => truth < d.Of.Low - 1e-12) / printed.Length, 100.0 * printed.Count(d => truth > d.Of.High + 1e-12) / printed.Length);

    private static bool IsOutside(double coverage) => coverage is < 93.45 or >= 97.05;      // as printed
}
