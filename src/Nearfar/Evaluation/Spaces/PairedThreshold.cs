namespace Nearfar.Evaluation.Spaces;

/// <summary>Thresholds of new scores that may let through what an old threshold lets through, page by page.</summary>
internal static class PairedThreshold
{
    /// <summary>Ends; null where the scores do not bound them.</summary>
    /// <param name="accepted">What the old threshold accepts of each page, as a share of all scores.</param>
    /// <param name="scores">New scores of each page.</param>
    /// <param name="quantile">Standard errors on each side.</param>
    public static (double? Low, double? High) Bounds(double[] accepted, double[][] scores, double quantile)
    {
        double[] lead = [.. accepted];      // accepted in the old space less in the new
        double count = scores.Sum(s => s.Length);
        var (sum, squares) = (accepted.Sum(), accepted.Sum(a => a * a));
        double Statistic() => Math.Abs(sum) < 1e-12 ? 0 : sum / Math.Sqrt(squares);
        double above = Statistic();
        (double Score, double Statistic)? before = null;
        double? high = null;
        bool inside = above <= quantile;
        foreach (var tie in scores.SelectMany((page, i) => page.Select(s => (Score: s, Page: i))).GroupBy(s => s.Score).OrderByDescending(g => g.Key))
        {
            foreach (var (_, page) in tie)
            {
                squares += ((lead[page] - (1 / count)) * (lead[page] - (1 / count))) - (lead[page] * lead[page]);
                lead[page] -= 1 / count;
                sum -= 1 / count;
            }

            double below = Statistic();
            double at = (above + below) / 2;      // just above the score it is not accepted, at it it is
            double Where(double z) => before is { } b ? b.Score + ((b.Statistic - z) / (b.Statistic - at) * (tie.Key - b.Score)) : tie.Key;
            if (!inside && at <= quantile)
            {
                (inside, high) = (true, Where(quantile));
            }

            if (inside && at < -quantile)
            {
                return (Where(-quantile), high);
            }

            (above, before) = (below, (tie.Key, at));
        }

        return (null, high);
    }
}
