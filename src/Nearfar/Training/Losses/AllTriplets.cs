namespace Nearfar.Training.Losses;

/// <summary>Every triplet that misses the margin; the mean is over these.</summary>
internal sealed class AllTriplets(double margin) : TripletRule
{
    private const double Counts = 1e-16;        // what is smaller is met

    // Over sorted negatives: O(N log N) an anchor, where the triplets are O(N²).
    public override int Add(ReadOnlySpan<double> distances, ReadOnlySpan<int> labels, int anchor, Span<double> derivative, ref double loss)
    {
        var (sorted, rows) = Negatives(distances, labels, anchor);
        double[] sums = new double[sorted.Length + 1];
        for (int n = 0; n < sorted.Length; n++)
        {
            sums[n + 1] = sums[n] + sorted[n];
        }

        int terms = 0;
        int[] reach = new int[sorted.Length + 1];      // reach[n]: positives whose nearest n negatives miss the margin
        for (int p = 0; p < labels.Length; p++)
        {
            if (p == anchor || labels[p] != labels[anchor])
            {
                continue;
            }

            double limit = distances[p] + margin;
            int near = CountBelow(sorted, limit - Counts, orEqual: false);
            loss += (near * limit) - sums[near];
            derivative[p] += near;
            reach[near]++;
            terms += near;
        }

        int positives = 0;
        for (int n = sorted.Length - 1; n >= 0; n--)
        {
            positives += reach[n + 1];
            derivative[rows[n]] -= positives;
        }

        return terms;
    }
}
