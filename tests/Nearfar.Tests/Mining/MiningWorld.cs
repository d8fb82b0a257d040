using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Tests.Evaluation;

namespace Nearfar.Tests.Mining;

/// <summary>Pages on a circle around the question "q" at 0 degrees: their similarity is the cosine of their place.</summary>
internal static class MiningWorld
{
    public static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly string[] s_words = ["apricot", "bellows", "candle", "drawer", "engine", "feather", "gravel", "harbour", "insect", "jacket", "kernel", "ladder", "meadow", "needle", "orchard", "pepper"];

    /// <summary>Nothing but what a test turns on.</summary>
    public static MiningOptions Bare => new() { PerQuery = 10, Depth = 20, PositiveRatio = null, UseBm25 = false };

    /// <summary>Pages d0, d1 … with these cosines to "q"; no two share a word.</summary>
    public static (Corpus Corpus, VectorEncoder Encoder) AtCosines(params double[] cosines)
    {
        var encoder = new VectorEncoder(2);
        var documents = cosines.Select((c, i) => new Document { Id = $"d{i}", Text = string.Join(' ', Enumerable.Range(0, 12).Select(j => s_words[i % s_words.Length] + j)) }).ToArray();
        for (int i = 0; i < cosines.Length; i++)
        {
            encoder.Add(documents[i].Content, (float)cosines[i], (float)Math.Sqrt(1 - (cosines[i] * cosines[i])));
        }

        encoder.Add("q", 1, 0);
        return (new Corpus(documents), encoder);
    }

    public static Pair Pair(string positive, string id = "p", string query = "q") => new() { Id = id, Query = query, PositiveIds = [positive] };

    public static HardNegativeMiner Miner(Corpus corpus, VectorEncoder encoder, MiningOptions options) => new(corpus, encoder, options, [], new FixedClock(Now));

    public static string[] Ids(MiningResult result) => [.. result.Pairs.SelectMany(p => p.HardNegatives).Select(n => n.DocumentId)];
}

/// <summary>Scores what it was told; a page it was not told of it cannot judge.</summary>
internal sealed class ToldTeacher(Dictionary<string, double> scores) : ITeacher
{
    public List<string> Asked { get; } = [];

    public string Name => "told";

    public ValueTask<IReadOnlyList<double?>> ScoreAsync(string query, IReadOnlyList<Document> documents, CancellationToken cancellationToken = default)
    {
        Asked.AddRange(documents.Select(d => d.Id));
        return ValueTask.FromResult<IReadOnlyList<double?>>([.. documents.Select(d => scores.TryGetValue(d.Id, out double score) ? score : (double?)null)]);
    }
}
