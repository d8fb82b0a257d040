namespace Nearfar.Training.Losses;

/// <summary>Which triplets of one anchor count, and what they cost.</summary>
internal abstract class TripletRule
{
    /// <summary>Adds the anchor's triplets to the loss, and their derivative by each of its distances.</summary>
    /// <param name="distances">From the anchor to every row, its own included.</param>
    /// <param name="labels">Group of every row.</param>
    /// <param name="anchor">The anchor's row.</param>
    /// <param name="derivative">Zeros; receives the derivative of what was added.</param>
    /// <param name="loss">Added to.</param>
    /// <returns>How many terms the mean of the batch is over more.</returns>
    public abstract int Add(ReadOnlySpan<double> distances, ReadOnlySpan<int> labels, int anchor, Span<double> derivative, ref double loss);

    // Distances to the rows of other groups in rising order, and their rows.
    protected static (double[] Distances, int[] Rows) Negatives(ReadOnlySpan<double> distances, ReadOnlySpan<int> labels, int anchor)
    {
        var rows = new List<int>(labels.Length);
        for (int j = 0; j < labels.Length; j++)
        {
            if (labels[j] != labels[anchor])
            {
                rows.Add(j);
            }
        }

        int[] sorted = [.. rows];
        double[] keys = new double[sorted.Length];
        for (int n = 0; n < keys.Length; n++)
        {
            keys[n] = distances[sorted[n]];
        }

        Array.Sort(keys, sorted);
        return (keys, sorted);
    }

    /// <summary>How many of the sorted distances are below, or with <paramref name="orEqual"/> at most, a limit.</summary>
    protected static int CountBelow(double[] sorted, double limit, bool orEqual)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = sorted[middle] < limit || (orEqual && sorted[middle] == limit) ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
