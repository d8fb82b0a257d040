using Nearfar.Evaluation;

namespace Nearfar.Reporting;

/// <summary>Questions by margin in equal bins, 0 at an edge, the same bins for every report.</summary>
internal sealed record MarginBins(string Metric, double Start, double Width, int[] Now, int[]? Then)
{
    private const int Wanted = 28;

    /// <summary>Largest number in a bin.</summary>
    public int Highest => Math.Max(Now.Max(), Then?.Max() ?? 0);

    public double End => Start + (Now.Length * Width);

    /// <returns>Null when the candidate has no margin: a ranker without vectors, or rows without negatives.</returns>
    public static MarginBins? Of(EvalReport now, EvalReport? then)
    {
        // A raw margin depends on the temperature of its model: two spaces meet only in units of their background.
        string metric = now.Metrics.ContainsKey(MetricNames.ZMarginHard) ? MetricNames.ZMarginHard : MetricNames.MarginHard;
        double[] after = Values(now, metric);
        if (after.Length == 0)
        {
            return null;
        }

        double[] before = then is null || metric != MetricNames.ZMarginHard ? [] : Values(then, metric);
        double low = Math.Min(0, after.Concat(before).Min());
        double high = Math.Max(0, after.Concat(before).Max());
        double width = Step((high - low) / Wanted);
        int first = (int)Math.Floor(low / width);
        int count = Math.Max(1, (int)Math.Floor(high / width) - first + 1);
        return new(metric, first * width, width, Count(after, first, width, count), before.Length == 0 ? null : Count(before, first, width, count));
    }

    private static double[] Values(EvalReport report, string metric) =>
        [.. report.Queries.Where(q => q.Metrics.ContainsKey(metric)).Select(q => q.Metrics[metric])];

    private static int[] Count(double[] values, int first, double width, int count)
    {
        int[] bins = new int[count];
        foreach (double value in values)
        {
            bins[Math.Clamp((int)Math.Floor(value / width) - first, 0, count - 1)]++;
        }

        return bins;
    }

    // 1, 2 or 5 times a power of ten, so that the edges are numbers a person can read.
    private static double Step(double atLeast)
    {
        if (atLeast <= 0)
        {
            return 0.01;
        }

        double power = Math.Pow(10, Math.Floor(Math.Log10(atLeast)));
        foreach (double factor in (ReadOnlySpan<double>)[1, 2, 5])
        {
            if (factor * power >= atLeast)
            {
                return factor * power;
            }
        }

        return 10 * power;
    }
}
