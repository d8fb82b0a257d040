namespace Nearfar.Training.Losses;

/// <summary>Every row with the higher target ought to have the higher similarity: ln(1 + sum of e^((s_i - s_j) / T) over all i, j with target i below target j).</summary>
/// <remarks>
/// CoSENT: Su 2022, kexue.fm/archives/8847, eq. 6; over AnglE's similarity: Li and Li 2023, arXiv:2309.12871, eq. 8. One logarithm over the whole batch,
/// not a mean. ln(1 + P) where all similarities are equal, P the pairs of different targets; 0 for an empty batch or where all targets are equal.
/// </remarks>
/// <param name="measure">Cosine, or AnglE's.</param>
/// <param name="temperature">T, divides similarities.</param>
internal sealed class CosentLoss(IPairMeasure measure, double temperature) : RowScoreLoss(measure)
{
    public override LossNeeds Needs => LossNeeds.Targets;

    // Two sweeps over the rows in order of their targets, in place of all pairs: O(B log B).
    protected override double Score(RowScores scores, Span<double> derivative)
    {
        double[] targets = scores.Targets(double.MinValue, double.MaxValue);
        int[] order = [.. Enumerable.Range(0, targets.Length).Where(at => scores.Present[at]).OrderBy(at => targets[at]).ThenBy(at => at)];
        double[] z = [.. scores.Values.Select(s => s / temperature)];
        double[] below = Accumulate(order, targets, at => z[at]);                               // ln of the sum of e^z over lower targets
        double[] above = Accumulate([.. order.Reverse()], targets, at => -z[at]);               // ln of the sum of e^-z over higher targets
        double total = 0;                                                                        // ln of 1 and all terms
        foreach (int at in order)
        {
            total = LogAdd(total, below[at] - z[at]);
        }

        foreach (int at in order)
        {
            derivative[at] = (Math.Exp(z[at] + above[at] - total) - Math.Exp(below[at] - z[at] - total)) / temperature;
        }

        return total;
    }

    // For each place: ln of the sum of e^value over the places before it whose target differs.
    private static double[] Accumulate(int[] order, double[] targets, Func<int, double> value)
    {
        double[] sums = new double[targets.Length];
        double before = double.NegativeInfinity, seen = double.NegativeInfinity;
        for (int n = 0; n < order.Length; n++)
        {
            if (n > 0 && targets[order[n]] != targets[order[n - 1]])
            {
                before = seen;
            }

            sums[order[n]] = before;
            seen = LogAdd(seen, value(order[n]));
        }

        return sums;
    }

    private static double LogAdd(double a, double b)
    {
        double max = Math.Max(a, b);
        return double.IsNegativeInfinity(max) ? max : max + Math.Log(Math.Exp(a - max) + Math.Exp(b - max));
    }
}
