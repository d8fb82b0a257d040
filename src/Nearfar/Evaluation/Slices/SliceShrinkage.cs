namespace Nearfar.Evaluation.Slices;

/// <summary>Means pulled towards the other slices of the same attributes.</summary>
/// <remarks>Normal means with a normal prior, its spread by moments (DerSimonian and Laird 1986, eq. 8), its mean from the other slices.</remarks>
internal static class SliceShrinkage
{
    private const int Least = 4;
    private const double LeastVariance = 1e-6;

    /// <summary>The slice's effect, shrunken; null with fewer than four slices in its family.</summary>
    public static double? Effect(SliceSearch search, int node)
    {
        var family = search.Lattice.FamilyOf(node);
        var own = new List<(int Node, double Effect, double Variance)>();
        for (int i = 0; i < search.Tested.Length; i++)
        {
            int other = search.Tested[i];
            if (search.Lattice.FamilyOf(other) == family)
            {
                double error = search.Tests[i].Spread / search.Permutation.Scale / search.Lattice.Members(other).Length;
                own.Add((other, search.Effect(other), error * error));
            }
        }

        if (own.Count < Least)
        {
            return null;
        }

        double prior = PriorVariance([.. own.Select(o => (o.Effect, o.Variance))]);
        var (others, weights) = (0.0, 0.0);
        foreach (var other in own.Where(o => o.Node != node))
        {
            others += other.Effect / (prior + other.Variance);
            weights += 1 / (prior + other.Variance);
        }

        var mine = own.Single(o => o.Node == node);
        return ((others / weights / prior) + (mine.Effect / mine.Variance)) / ((1 / prior) + (1 / mine.Variance));
    }

    /// <summary>Variance of true effects, at least 1e-6.</summary>
    public static double PriorVariance(IReadOnlyList<(double Effect, double Variance)> slices)
    {
        double sum = slices.Sum(s => 1 / s.Variance);
        double mean = slices.Sum(s => s.Effect / s.Variance) / sum;
        double q = slices.Sum(s => (s.Effect - mean) * (s.Effect - mean) / s.Variance);
        return Math.Max(LeastVariance, (q - (slices.Count - 1)) / (sum - (slices.Sum(s => 1 / s.Variance / s.Variance) / sum)));
    }
}
