using Nearfar.Text;

namespace Nearfar.Pairs;

/// <summary>Pairs split into train, dev and gate so that no page and no near-duplicate question stands on two sides.</summary>
/// <remarks>
/// Questions that must not be parted form a group: those on one document cluster, and equal or near-duplicate ones. A group's place is the
/// hash of its smallest document id, so it stays when data grow. An earlier split wins over the hash; when groups of two sides have grown
/// together, the gate's side wins, then dev's.
/// </remarks>
public sealed class PairSplit
{
    private PairSplit(IReadOnlyList<Pair> train, IReadOnlyList<Pair> dev, IReadOnlyList<Pair> gate, int groups, int largest, int kept, int merged)
    {
        (Train, Dev, Gate) = (train, dev, gate);
        (Groups, LargestGroup, KeptGroups, MergedGroups) = (groups, largest, kept, merged);
    }

    /// <summary>Pairs to learn from, in the order given.</summary>
    public IReadOnlyList<Pair> Train { get; }

    /// <summary>Held out for model selection, in the order given.</summary>
    public IReadOnlyList<Pair> Dev { get; }

    /// <summary>Held out for the release gate, in the order given.</summary>
    public IReadOnlyList<Pair> Gate { get; }

    /// <summary>Groups of questions that must not be parted.</summary>
    public int Groups { get; }

    /// <summary>Questions of the largest group. It goes to one side whole: one that holds much of everything makes the shares unlike what was asked.</summary>
    public int LargestGroup { get; }

    /// <summary>Groups that stay where an earlier split had them.</summary>
    public int KeptGroups { get; }

    /// <summary>Groups that an earlier split had on two sides.</summary>
    public int MergedGroups { get; }

    /// <summary>Splits pairs.</summary>
    /// <param name="corpus">Holds every document that the pairs name.</param>
    /// <param name="pairs">Any order.</param>
    /// <param name="options">Shares; null for the defaults.</param>
    /// <param name="earlier">An earlier split, whose sides stay; null: none.</param>
    /// <exception cref="NearfarException">A pair names a document that the corpus lacks, or a side with a share would be empty.</exception>
    /// <exception cref="ArgumentException">Unsound shares.</exception>
    public static PairSplit Of(Corpus corpus, IReadOnlyList<Pair> pairs, PairSplitOptions? options = null, EarlierSplit? earlier = null)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(pairs);
        options ??= new PairSplitOptions();
        options.ThrowIfInvalid();
        ThrowIfUnknown(corpus, pairs);
        var clusters = DocumentClusters.Of(corpus, pairs.Concat(earlier?.All ?? []));
        var sides = new List<Pair>[] { [], [], [] };
        var group = GroupOf(pairs, clusters);
        var members = Enumerable.Range(0, pairs.Count).GroupBy(i => group[i]).ToList();
        var seen = earlier is null ? [] : Seen(earlier, corpus, clusters);
        var side = new int[pairs.Count];
        int kept = 0, merged = 0;
        foreach (var one in members)
        {
            var before = one.SelectMany(i => Keys(pairs[i], clusters)).Where(seen.ContainsKey).Select(k => seen[k]).ToList();
            kept += before.Count > 0 ? 1 : 0;
            merged += before.Exists(b => (b & (b - 1)) != 0) || before.Distinct().Count() > 1 ? 1 : 0;
            int place = before.Count > 0 ? Best(before) : ByHash(one.Select(i => clusters.ClusterOf(pairs[i].PositiveIds[0])).Min(StringComparer.Ordinal)!, options);
            foreach (int i in one)
            {
                side[i] = place;
            }
        }

        for (int i = 0; i < pairs.Count; i++)
        {
            sides[side[i]].Add(pairs[i]);
        }

        ThrowIfEmpty(sides, options, members.Count);
        return new PairSplit(sides[0], sides[1], sides[2], members.Count, members.Count == 0 ? 0 : members.Max(m => m.Count()), kept, merged);
    }

    private static int ByHash(string name, PairSplitOptions options)
    {
        double fold = DocumentClusters.FractionOf(name);
        return fold < options.GateShare ? 2 : fold < options.GateShare + options.DevShare ? 1 : 0;
    }

    // Bits of the sides: gate 4 wins over dev 2 over train 1.
    private static int Best(List<int> masks)
    {
        int all = masks.Aggregate(0, (a, b) => a | b);
        return (all & 4) != 0 ? 2 : (all & 2) != 0 ? 1 : 0;
    }

    private static Dictionary<string, int> Seen(EarlierSplit earlier, Corpus corpus, DocumentClusters clusters)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (mask, rows) in new[] { (1, earlier.Train), (2, earlier.Dev), (4, earlier.Gate) })
        {
            foreach (var row in rows)
            {
                // A page that left the corpus holds no question any more; its question may still be here.
                var known = row with { PositiveIds = [.. row.PositiveIds.Where(id => corpus.TryGetIndex(id, out _))] };
                foreach (string key in Keys(known, clusters))
                {
                    seen[key] = seen.GetValueOrDefault(key) | mask;
                }
            }
        }

        return seen;
    }

    private static IEnumerable<string> Keys(Pair row, DocumentClusters clusters) =>
        row.PositiveIds.Select(id => "page:" + clusters.ClusterOf(id)).Append("fold:" + row.FoldKey).Append("text:" + FoldKeys.Of(row.Query));

    private static int[] GroupOf(IReadOnlyList<Pair> pairs, DocumentClusters clusters)
    {
        var union = new UnionFind(pairs.Count);
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < pairs.Count; i++)
        {
            foreach (string key in Keys(pairs[i], clusters))
            {
                if (!first.TryAdd(key, i))
                {
                    union.Union(first[key], i);
                }
            }
        }

        NearDuplicateJoin.Join(NearDuplicateJoin.ShinglesOf(pairs.Count, i => pairs[i].Query), union);
        return [.. Enumerable.Range(0, pairs.Count).Select(union.Find)];
    }

    private static void ThrowIfUnknown(Corpus corpus, IReadOnlyList<Pair> pairs)
    {
        var unknown = pairs.SelectMany(p => p.PositiveIds.Where(id => !corpus.TryGetIndex(id, out _)).Select(id => $"pair \"{p.Id}\" names document \"{id}\"")).ToList();
        if (unknown.Count > 0)
        {
            throw new NearfarException($"The corpus lacks documents: {string.Join("; ", unknown.Take(20))}{(unknown.Count > 20 ? $"; and {unknown.Count - 20} more" : "")}. Name the right corpus.");
        }
    }

    private static void ThrowIfEmpty(List<Pair>[] sides, PairSplitOptions options, int groups)
    {
        string[] empty = [.. new[] { ("train", 1.0, 0), ("dev", options.DevShare, 1), ("gate", options.GateShare, 2) }.Where(s => s.Item2 > 0 && sides[s.Item3].Count == 0).Select(s => s.Item1)];
        if (empty.Length > 0)
        {
            throw new NearfarException($"No question falls to {string.Join(" and ", empty)}: there are {groups} groups of questions that must not be parted. Raise the share, or add pages.");
        }
    }
}
