namespace Nearfar.Evaluation.Statistics;

/// <summary>Hypergeometric tails: how many of a group are marked when some of all are.</summary>
internal static class Hypergeometric
{
    /// <summary>P(X ≥ k): X of the <paramref name="marked"/> marked ones fall into the group of <paramref name="group"/> out of <paramref name="all"/>.</summary>
    /// <remarks>Terms are summed from the mode's side outward by their ratio, relative to the greatest; error about 1e-14 times the number of terms' square root.</remarks>
    public static double UpperTail(int k, int group, int marked, int all)
    {
        int least = Math.Max(0, group + marked - all);
        int most = Math.Min(group, marked);
        if (k <= least)
        {
            return 1;
        }

        if (k > most)
        {
            return 0;
        }

        int mode = Math.Clamp((int)((group + 1.0) * (marked + 1.0) / (all + 2.0)), least, most);
        var (below, above) = (0.0, 0.0);
        double term = 1;
        for (int x = mode; x <= most && term > 1e-300; x++)
        {
            (below, above) = x >= k ? (below, above + term) : (below + term, above);
            term *= (marked - x) / (x + 1.0) * ((group - x) / (all - group - marked + x + 1.0));
        }

        term = mode / (marked - mode + 1.0) * ((all - group - marked + mode) / (group - mode + 1.0));
        for (int x = mode - 1; x >= least && term > 1e-300; x--)
        {
            (below, above) = x >= k ? (below, above + term) : (below + term, above);
            term *= x / (marked - x + 1.0) * ((all - group - marked + x) / (group - x + 1.0));
        }

        return above / (above + below);
    }
}
