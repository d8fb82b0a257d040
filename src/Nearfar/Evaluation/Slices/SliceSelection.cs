namespace Nearfar.Evaluation.Slices;

/// <summary>From proven slices to the few that a person should read.</summary>
internal static class SliceSelection
{
    /// <summary>Proven slices that no wider slice explains, cut down to a cover: the first covers most of the damage.</summary>
    /// <param name="search">Tested slices.</param>
    /// <param name="alpha">Of the adjusted p.</param>
    /// <param name="most">Rows.</param>
    public static List<int> Choose(SliceSearch search, double alpha, int most)
    {
        var proven = search.Tested.Where(node => search.AdjustedP(node) <= alpha && IsOwn(search, node)).ToList();
        var chosen = new List<int>();
        var covered = new bool[search.Lattice.Questions];
        while (chosen.Count < most && proven.Count > 0)
        {
            var gains = proven.ToDictionary(node => node, node => Damage(search, node, covered));
            // What is left of it must still carry half of its own damage.
            proven = [.. proven.Where(node => 2 * gains[node] >= Damage(search, node, null))];
            if (proven.Count == 0)
            {
                break;
            }

            int best = proven.OrderByDescending(node => gains[node]).ThenBy(search.AdjustedP).ThenBy(node => node).First();
            chosen.Add(best);
            proven.Remove(best);
            foreach (int question in search.Lattice.Members(best))
            {
                covered[question] = true;
            }
        }

        return chosen;
    }

    /// <summary>Worse than each slice with one condition less by at least half its effect.</summary>
    public static bool IsOwn(SliceSearch search, int node)
    {
        double effect = search.Effect(node);
        return search.Lattice.Parents(node).All(parent => search.Effect(parent) - effect >= -effect / 2);
    }

    private static long Damage(SliceSearch search, int node, bool[]? covered)
    {
        long damage = 0;
        foreach (int question in search.Lattice.Members(node))
        {
            damage -= covered is not null && covered[question] ? 0 : search.Permutation.Values[question];
        }

        return damage;
    }
}
