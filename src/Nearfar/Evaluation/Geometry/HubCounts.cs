namespace Nearfar.Evaluation.Geometry;

/// <summary>Figures of N_k, how many queries have a document among their first k, over all documents, found or not.</summary>
internal static class HubCounts
{
    /// <summary>skewness, Robin Hood index, share never found, share found at least 2 k times; null when nothing was found.</summary>
    /// <param name="found">Counts of the documents that were found.</param>
    /// <param name="documents">All that could be.</param>
    /// <param name="k">Of the lists.</param>
    public static double[]? Figures(IEnumerable<int> found, int documents, int k)
    {
        var histogram = new SortedDictionary<int, int>();
        foreach (int count in found.Where(c => c > 0))
        {
            histogram[count] = histogram.GetValueOrDefault(count) + 1;
        }

        if (histogram.Count == 0 || documents == 0)
        {
            return null;
        }

        histogram[0] = documents - histogram.Values.Sum();
        double total = histogram.Sum(h => (double)h.Key * h.Value);
        double mean = total / documents;
        var (second, third, away) = (0.0, 0.0, 0.0);
        foreach (var (count, times) in histogram)
        {
            double deviation = count - mean;
            second += times * deviation * deviation / documents;
            third += times * deviation * deviation * deviation / documents;
            away += times * Math.Abs(deviation);
        }

        double skew = second == 0 ? 0 : third / Math.Pow(second, 1.5);      // all alike: no hub
        return [skew, away / 2 / total, histogram[0] / (double)documents, histogram.Where(h => h.Key >= 2 * k).Sum(h => h.Value) / (double)documents];
    }
}
