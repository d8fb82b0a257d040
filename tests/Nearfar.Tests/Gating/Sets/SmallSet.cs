using Nearfar.Gating.Sets;
using Nearfar.Pairs;
using Nearfar.Search;

namespace Nearfar.Tests.Gating.Sets;

/// <summary>Forty pages of eight subjects in five products, and questions about them.</summary>
internal static class SmallSet
{
    public static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly string[] s_products = ["kettle", "planner", "headset", "storage", "lamp"];
    private static readonly string[] s_subjects = ["refund", "invoice", "cancel", "delivery", "warranty", "upgrade", "export", "invite"];

    public static Corpus Corpus { get; } = new(
    [
        .. from s in s_subjects from p in s_products select new Document { Id = $"{s}-{p}", Text = $"The {s} of the {p} is told on this page about {s} and {p}." },
        new Document { Id = "refund-kettle-copy", Text = "The refund of the kettle is told on this page about refund and kettle." },
        new Document { Id = "refund-kettle-2021", Text = "The refund of the kettle is told on this page about refund and kettle.", Attributes = new Dictionary<string, string> { ["replaces"] = "refund-kettle" } },
    ]);

    public static TimeProvider Clock { get; } = new Fixed();

    public static Pair Ask(string subject, string product, string? query = null, params HardNegative[] negatives) => new()
    {
        Id = $"q-{subject}-{product}",
        Query = query ?? $"please explain {subject} to an owner of one {product}",
        PositiveIds = [$"{subject}-{product}"],
        HardNegatives = negatives,
        Cohorts = new Dictionary<string, string> { ["product"] = product },
    };

    public static Pair[] All { get; } = [.. from s in s_subjects from p in s_products select Ask(s, p)];

    public static RowSet<Pair> Rows(params IEnumerable<Pair> pairs) => Named("gate.jsonl", pairs);

    public static RowSet<Pair> Named(string path, params IEnumerable<Pair> pairs)
    {
        Pair[] rows = [.. pairs];
        return new RowSet<Pair>(path, rows, [.. Enumerable.Range(1, rows.Length).Select(i => (long)i)]);
    }

    public static JudgedSetBuilder Builder(Corpus? corpus = null, IReadOnlyList<Pair>? train = null) => new(corpus ?? Corpus, DocumentClusters.Of(corpus ?? Corpus, All))
    {
        Rules = [new CohortRule { Attribute = "product" }],
        Train = train,
    };

    /// <summary>The two keyword rankers, with a stand-in for a baseline that prefers pages late in the corpus.</summary>
    public static IReadOnlyList<PoolRanker> Rankers(Corpus? corpus = null) =>
    [
        new("bm25", new Bm25Index(corpus ?? Corpus)), new("baseline", new Backwards(corpus ?? Corpus), "nf1-baseline"), new("bm25-characters", Bm25Index.OverCharacters(corpus ?? Corpus)),
    ];

    public static Task<FrozenGateSet> FreezeAsync(RowSet<Pair> rows, FrozenGateSet? previous = null, FreezeOptions? options = null, Corpus? corpus = null) =>
        new GateSetFreezer(Builder(corpus), Rankers(corpus), options ?? new FreezeOptions(), Clock).FreezeAsync(rows, previous, Xunit.TestContext.Current.CancellationToken);

    private sealed class Fixed : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class Backwards(Corpus corpus) : IRanker
    {
        public string Name => "nf1-baseline";

        public ValueTask<IReadOnlyList<IReadOnlyList<Hit>>> RankAsync(IReadOnlyList<string> queries, int k, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<IReadOnlyList<Hit>>>([.. queries.Select(_ => (IReadOnlyList<Hit>)[.. Enumerable.Range(0, corpus.Count).Reverse().Take(k).Select((d, i) => new Hit(d, 1f / (i + 1)))])]);
    }
}
