namespace Nearfar.Training.Losses;

/// <summary>An anchor's farthest positive against its nearest negative, with a margin or softly; the mean is over the anchors that have both.</summary>
/// <param name="margin">Null: ln(1 + e^x) in place of max(0, x + margin).</param>
internal sealed class HardestTriplet(double? margin) : TripletRule
{
    public override int Add(ReadOnlySpan<double> distances, ReadOnlySpan<int> labels, int anchor, Span<double> derivative, ref double loss)
    {
        int positive = -1, negative = -1;
        for (int j = 0; j < labels.Length; j++)
        {
            if (labels[j] != labels[anchor])
            {
                negative = negative < 0 || distances[j] < distances[negative] ? j : negative;
            }
            else if (j != anchor)
            {
                positive = positive < 0 || distances[j] > distances[positive] ? j : positive;
            }
        }

        if (positive < 0 || negative < 0)
        {
            return 0;
        }

        double x = distances[positive] - distances[negative];
        double slope;
        if (margin is { } m)
        {
            loss += Math.Max(0, x + m);
            slope = x + m > 0 ? 1 : 0;
        }
        else
        {
            loss += Math.Max(0, x) + Math.Log(1 + Math.Exp(-Math.Abs(x)));
            slope = 1 / (1 + Math.Exp(-x));
        }

        derivative[positive] += slope;
        derivative[negative] -= slope;
        return 1;
    }
}
