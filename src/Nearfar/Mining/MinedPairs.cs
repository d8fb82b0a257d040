using Nearfar.Pairs;

namespace Nearfar.Mining;

/// <summary>Joins mined pairs to the pairs they were mined for.</summary>
public static class MinedPairs
{
    internal const string PromotionRule = "promoted in review";

    /// <summary>Mined pairs of a known id give their negatives to that pair (each document once, the newest first, since a trainer reads the first few); others join as pairs of their own. A document that a reviewer promoted is no negative of its question any more.</summary>
    /// <param name="set">Training pairs.</param>
    /// <param name="mined">What a miner returned.</param>
    public static TrainingSet Merge(TrainingSet set, IReadOnlyList<Pair> mined)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(mined);
        var pairs = set.Pairs.ToList();
        var at = pairs.Select((p, i) => (p.Id, i)).ToDictionary(x => x.Id, x => x.i, StringComparer.Ordinal);
        foreach (var pair in mined)
        {
            if (at.TryGetValue(pair.Id, out int i))
            {
                pairs[i] = pairs[i] with { HardNegatives = [.. pair.HardNegatives.Concat(pairs[i].HardNegatives).DistinctBy(n => n.DocumentId, StringComparer.Ordinal)] };
            }
            else
            {
                at[pair.Id] = pairs.Count;
                pairs.Add(pair);
            }
        }

        return new TrainingSet(set.Corpus, WithoutPromoted(pairs));
    }

    private static List<Pair> WithoutPromoted(List<Pair> pairs)
    {
        HashSet<(string, string)> promoted = [.. pairs.Where(p => p.Provenance is { Source: "human", Rule: PromotionRule }).SelectMany(p => p.PositiveIds.Select(id => (p.FoldKey, id)))];
        return promoted.Count == 0 ? pairs
            : [.. pairs.Select(p => p.HardNegatives.Any(n => promoted.Contains((p.FoldKey, n.DocumentId))) ? p with { HardNegatives = [.. p.HardNegatives.Where(n => !promoted.Contains((p.FoldKey, n.DocumentId)))] } : p)];
    }
}
