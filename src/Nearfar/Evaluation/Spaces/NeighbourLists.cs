namespace Nearfar.Evaluation.Spaces;

/// <summary>Measures of two ranked lists of the same query, each from its own space: ids and ranks meet, vectors and scores never.</summary>
internal static class NeighbourLists
{
    /// <summary>Rank-biased overlap of two lists without ties, extrapolated from their common depth; 0 to 1.</summary>
    /// <remarks>Webber, Moffat and Zobel 2010, eq. 32 for lists of unequal length; p .9 puts 86 % of the weight on the first ten ranks.</remarks>
    public static double RankBiasedOverlap(IReadOnlyList<string> a, IReadOnlyList<string> b, double p)
    {
        var (shorter, longer) = a.Count <= b.Count ? (a, b) : (b, a);
        int s = shorter.Count;
        int l = longer.Count;
        if (s == 0)
        {
            return l == 0 ? 1 : 0;
        }

        var (seenShort, seenLong) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        double overlap = 0;     // X_d: ids that both lists hold in their first d
        double atShort = 0;
        double sum = 0;
        double weight = 1;      // p^d / p
        for (int d = 1; d <= l; d++)
        {
            string fromLong = longer[d - 1];
            string? fromShort = d <= s ? shorter[d - 1] : null;
            if (fromShort == fromLong)
            {
                overlap++;
            }
            else
            {
                overlap += (seenShort.Contains(fromLong) ? 1 : 0) + (fromShort is not null && seenLong.Contains(fromShort) ? 1 : 0);
            }

            seenLong.Add(fromLong);
            _ = fromShort is not null && seenShort.Add(fromShort);
            atShort = d == s ? overlap : atShort;
            sum += weight * (overlap / d);
            sum += d > s ? weight * (atShort * (d - s) / (s * (double)d)) : 0;
            weight *= p;
        }

        return ((1 - p) * sum) + ((((overlap - atShort) / l) + (atShort / s)) * weight);
    }

    /// <summary>Share of the first k that both lists hold.</summary>
    public static double Overlap(IReadOnlyList<string> a, IReadOnlyList<string> b, int k) =>
        a.Take(k).Intersect(b.Take(k), StringComparer.Ordinal).Count() / (double)k;

    /// <summary>Kendall's tau-b over the ids that both lists hold, equal scores tied; null below 2 such ids or when a side ties all.</summary>
    /// <remarks>Kendall 1945. Ids of one list alone do not count: <see cref="Overlap"/> tells of them.</remarks>
    public static double? KendallTau(IReadOnlyList<RankedDocument> a, IReadOnlyList<RankedDocument> b)
    {
        var other = b.ToDictionary(d => d.Id, d => d.Score, StringComparer.Ordinal);
        (float A, float B)[] shared = [.. a.Where(d => other.ContainsKey(d.Id)).Select(d => (d.Score, other[d.Id]))];
        var (agree, orderedA, orderedB) = (0, 0, 0);
        for (int i = 0; i < shared.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                int first = shared[i].A.CompareTo(shared[j].A);
                int second = shared[i].B.CompareTo(shared[j].B);
                agree += Math.Sign(first) * Math.Sign(second);
                orderedA += first != 0 ? 1 : 0;
                orderedB += second != 0 ? 1 : 0;
            }
        }

        return orderedA == 0 || orderedB == 0 ? null : agree / Math.Sqrt((double)orderedA * orderedB);
    }
}
