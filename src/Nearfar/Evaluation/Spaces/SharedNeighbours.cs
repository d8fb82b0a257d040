using Nearfar.Evaluation.Statistics;

namespace Nearfar.Evaluation.Spaces;

/// <summary>Means over texts of how their neighbours in two spaces agree. Texts that share neighbours have values that are alike.</summary>
/// <remarks>
/// The products of the deviations of two texts count by the share of neighbours they have in common, each text among its own: 1 with itself, 0 without a common one. That is
/// the variance of Conley (1999, Journal of Econometrics 92:1) with a kernel that cannot make it negative; it is the design effect of a score interval.
/// Leaving out texts in turn would count what many do together many times: such intervals held the truth always.
/// </remarks>
internal sealed class SharedNeighbours
{
    private readonly int[][][] _lists;      // by space and text: places of the text and its neighbours

    public SharedNeighbours(string[] ids, string[][] before, string[][] after)
    {
        var places = ids.Select((id, i) => (id, i)).ToDictionary(p => p.id, p => p.i, StringComparer.Ordinal);
        _lists = [.. new[] { before, after }.Select(space => space.Select((list, i) => list.Select(id => places[id]).Append(i).ToArray()).ToArray())];
    }

    /// <summary>Mean over the texts that have a value, with its interval; null when none has.</summary>
    /// <param name="values">One a text, from <paramref name="least"/> to 1.</param>
    /// <param name="least">Smallest possible value.</param>
    public Estimate? Mean(double?[] values, double least)
    {
        double[] having = [.. values.OfType<double>()];
        if (having.Length == 0)
        {
            return null;
        }

        var mean = ClusteredMean.Of(having, [.. Enumerable.Range(0, having.Length)]);
        if (!mean.HasInterval)
        {
            return new(mean.N, mean.Mean, null, null);
        }

        double effect = mean.StandardError == 0 ? 1 : Math.Max(1, _lists.Average(lists => Effect(values, mean.Mean, lists)));
        var (low, high) = ScoreInterval.Of(having, least, 1, effect, Normal.UpperQuantile(Aggregation.Alpha));
        return new(mean.N, mean.Mean, low, high);
    }

    // Sums over the texts that have a text among their neighbours, squared, against what they are on average where nothing is alike.
    private static double Effect(double?[] values, double mean, int[][] lists)
    {
        double[] sums = new double[values.Length];
        int[] sizes = new int[values.Length];
        var (squares, count) = (0.0, 0.0);
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] is { } value)
            {
                squares += (value - mean) * (value - mean);
                count++;
                foreach (int t in lists[i])
                {
                    sums[t] += value - mean;
                    sizes[t]++;
                }
            }
        }

        double expected = squares / (count - 1) * sizes.Sum(s => s * (1 - (s / count)));
        return expected > 0 ? sums.Sum(s => s * s) / expected : 1;
    }
}
