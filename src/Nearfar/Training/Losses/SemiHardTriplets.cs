namespace Nearfar.Training.Losses;

/// <summary>Each positive against the nearest negative that is farther than it, or the farthest negative where none is; the mean is over the pairs of anchor and positive.</summary>
internal sealed class SemiHardTriplets(double margin) : TripletRule
{
    public override int Add(ReadOnlySpan<double> distances, ReadOnlySpan<int> labels, int anchor, Span<double> derivative, ref double loss)
    {
        var (sorted, rows) = Negatives(distances, labels, anchor);
        int pairs = 0;
        for (int p = 0; p < labels.Length && sorted.Length > 0; p++)
        {
            if (p == anchor || labels[p] != labels[anchor])
            {
                continue;
            }

            int farther = Math.Min(CountBelow(sorted, distances[p], orEqual: true), sorted.Length - 1);
            double missing = distances[p] - sorted[farther] + margin;
            pairs++;
            if (missing > 0)
            {
                loss += missing;
                derivative[p]++;
                derivative[rows[farther]]--;
            }
        }

        return pairs;
    }
}
