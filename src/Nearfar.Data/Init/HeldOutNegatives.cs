using System.Globalization;
using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Data.Init;

/// <summary>Gives held-out questions negatives: some drawn from a pool of near documents, some from the whole corpus, by the set's seed.</summary>
internal sealed class HeldOutNegatives(Corpus corpus, DocumentClusters clusters, InitOptions options)
{
    private const int PoolDepth = 20;
    private readonly Func<string, IReadOnlyList<string>>? _pool = options.Pool?.Invoke(corpus);

    public Pair AddTo(Pair pair)
    {
        var taken = new HashSet<string>(pair.PositiveIds.Concat(pair.HardNegatives.Select(n => n.DocumentId)).Concat(pair.Relevance?.Keys ?? []), StringComparer.Ordinal);
        var random = new SplitMix64(options.Seed ^ SeedOf(pair));
        var negatives = new List<HardNegative>(pair.HardNegatives);
        var pool = (_pool?.Invoke(pair.Query) ?? []).Where(id => corpus.TryGetIndex(id, out _)).Distinct(StringComparer.Ordinal)
            .Where(id => !taken.Contains(id) && IsWrong(id, pair)).Take(PoolDepth).ToList();
        Draw(pool, options.PooledNegatives, ref random, taken, negatives, "pool");
        DrawAnywhere(pair, ref random, taken, negatives);
        return pair with { HardNegatives = negatives };
    }

    // Another answer to the question, or the same text under another id, would be judged wrong though it is right.
    private bool IsWrong(string id, Pair pair) => pair.PositiveIds.All(positive =>
        clusters.ClusterOf(positive) != clusters.ClusterOf(id) || DocumentVariants.Differ(corpus[positive], corpus[id]));

    private void Draw(List<string> from, int count, ref SplitMix64 random, HashSet<string> taken, List<HardNegative> negatives, string rule)
    {
        for (int i = 0; i < count && from.Count > 0; i++)
        {
            int drawn = random.Below(from.Count);
            taken.Add(from[drawn]);
            negatives.Add(Negative(from[drawn], rule));
            from.RemoveAt(drawn);
        }
    }

    private void DrawAnywhere(Pair pair, ref SplitMix64 random, HashSet<string> taken, List<HardNegative> negatives)
    {
        int left = options.RandomNegatives;
        for (int tries = 0; left > 0 && tries < 20 * options.RandomNegatives; tries++)
        {
            string id = corpus.Documents[random.Below(corpus.Count)].Id;
            if (!taken.Contains(id) && IsWrong(id, pair))
            {
                taken.Add(id);
                negatives.Add(Negative(id, "random"));
                left--;
            }
        }
    }

    private HardNegative Negative(string id, string rule) => new(id, new Provenance
    {
        Source = "mined",
        Rule = string.Create(CultureInfo.InvariantCulture, $"{rule}, seed {options.Seed}"),
    });

    // By question and not by position, so that a question keeps its draws when others come and go.
    private static ulong SeedOf(Pair pair) => (ulong)(DocumentClusters.FractionOf(FoldKeys.Of(pair.Query)) * (1UL << 53));
}
