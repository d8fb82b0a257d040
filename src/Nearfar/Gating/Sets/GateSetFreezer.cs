using Nearfar.Pairs;
using Nearfar.Search;

namespace Nearfar.Gating.Sets;

/// <summary>Makes the next version of a gate set: pools negatives from all sides for the new questions and draws the same number for each.</summary>
/// <remarks>
/// Questions of the version before keep their negatives to the byte. A pool that one model filled would decide the verdict: two equal encoders
/// then differ by the whole margin. So BM25, the model in use and a third ranker that is related to neither fill it, and chance draws.
/// </remarks>
public sealed class GateSetFreezer
{
    private const int Slack = 32;      // documents that admission may refuse before a ranking is asked for in full
    private readonly JudgedSetBuilder _builder;
    private readonly IReadOnlyList<PoolRanker> _rankers;
    private readonly FreezeOptions _options;
    private readonly TimeProvider _clock;

    /// <param name="builder">Corpus, clusters, cohort rules, <c>as_of</c> and training pairs of the set.</param>
    /// <param name="rankers">At least two of them, over the builder's corpus; see <see cref="PoolRanker.For"/>.</param>
    /// <param name="options">Checked before any work.</param>
    /// <param name="clock">Dates the manifest and the provenance.</param>
    /// <exception cref="ArgumentException">Unsound options, or fewer than two rankers, or two of one name.</exception>
    public GateSetFreezer(JudgedSetBuilder builder, IReadOnlyList<PoolRanker> rankers, FreezeOptions options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(rankers);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        options.ThrowIfInvalid();
        if (rankers.Select(r => r.Part).Distinct(StringComparer.Ordinal).Count() is var parts && (parts < 2 || parts < rankers.Count))
        {
            throw new ArgumentException("A pool needs at least two rankers of different names: one side alone decides the gate.", nameof(rankers));
        }

        _builder = builder;
        _rankers = rankers;
        _options = options;
        _clock = clock;
    }

    /// <summary>Freezes the rows. Nothing is written: <see cref="GateSetFolder.Append"/> does that.</summary>
    /// <param name="draft">All questions of the set, those of the version before among them, with authored negatives or none.</param>
    /// <param name="previous">The version before; null for the first.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    /// <returns>The next version; <paramref name="previous"/> itself when nothing changed.</returns>
    /// <exception cref="NearfarException">Rows were removed or changed without a reason, or do not fit the corpus.</exception>
    public async Task<FrozenGateSet> FreezeAsync(RowSet<Pair> draft, FrozenGateSet? previous, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(draft);
        bool redraw = previous is not null && DrawsDifferently(previous.Manifest);
        var plan = FreezePlan.Of(draft, previous, _builder.Corpus, redraw);
        if (_options.Because is null)
        {
            plan.ThrowUnlessAppended(draft, previous, redraw);
        }

        if (previous is not null && plan.IsUnchanged && previous.Changes(_builder.Gate(previous.Rows)).Count == 0 && previous.Manifest.NewPagesOnly == _options.NewPagesOnly)
        {
            return previous;
        }

        _ = _builder.Gate(plan.Draft);        // refuses what does not fit the corpus before anything is ranked
        var drawn = await DrawAsync(plan, cancellationToken).ConfigureAwait(false);
        var rows = new RowSet<Pair>(draft.Path, drawn.Rows, plan.Draft.Lines);
        var set = _builder.Gate(rows);
        return new FrozenGateSet(Describe(set, rows, previous, drawn), rows, drawn.Pool);
    }

    private bool DrawsDifferently(GateSetManifest manifest) =>
        (manifest.Seed, manifest.PerQuery, manifest.Depth) != (_options.Seed, _options.PerQuery, _options.Depth);

    private async Task<Drawn> DrawAsync(FreezePlan plan, CancellationToken cancellationToken)
    {
        var pools = plan.Fresh.Select(rows => new NegativePool(rows, _builder.Corpus, _builder.Clusters)).ToArray();
        string[] queries = [.. plan.Fresh.Select(rows => rows[0].Query)];
        var time = _clock.GetUtcNow();
        foreach (var ranker in queries.Length == 0 ? [] : _rankers)
        {
            await FillAsync(pools, queries, ranker, time, cancellationToken).ConfigureAwait(false);
        }

        var negatives = new Dictionary<string, List<HardNegative>>(StringComparer.Ordinal);
        var members = new Dictionary<string, List<HardNegative>>(StringComparer.Ordinal);
        for (int i = 0; i < pools.Length; i++)
        {
            // The draw stands on the question's first row; folding unites the rows anyway.
            negatives[plan.Fresh[i][0].Id] = pools[i].Draw(_options.PerQuery, _options.Seed);
            members[plan.Fresh[i][0].Id] = pools[i].Members();
        }

        var fresh = plan.Fresh.SelectMany(rows => rows).Select(r => r.Id).ToHashSet(StringComparer.Ordinal);
        List<Pair> Fill(IReadOnlyDictionary<string, Pair> kept, Dictionary<string, List<HardNegative>> made) =>
            [.. plan.Draft.Rows.Select(r => fresh.Contains(r.Id) ? r with { HardNegatives = made.GetValueOrDefault(r.Id) ?? [] } : kept[r.Id])];
        var leftOut = pools.SelectMany(p => p.LeftOut.Values).GroupBy(reason => reason, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        return new Drawn(Fill(plan.Kept, negatives), Fill(plan.KeptPools, members), leftOut);
    }

    private async Task FillAsync(NegativePool[] pools, string[] queries, PoolRanker ranker, DateTimeOffset time, CancellationToken cancellationToken)
    {
        int documents = _builder.Corpus.Count;
        int k = Math.Min(documents, _options.Depth + Slack);
        var hits = await ranker.Ranker.RankAsync(queries, k, cancellationToken).ConfigureAwait(false);
        var again = new List<int>();
        for (int i = 0; i < pools.Length; i++)
        {
            if (hits[i].Count == k && k < documents && pools[i].CountAdmissible(hits[i]) < _options.Depth)
            {
                again.Add(i);
            }
            else
            {
                pools[i].Add(ranker, hits[i], _options.Depth, time);
            }
        }

        var whole = again.Count == 0 ? [] : await ranker.Ranker.RankAsync([.. again.Select(i => queries[i])], documents, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < again.Count; i++)
        {
            pools[again[i]].Add(ranker, whole[i], _options.Depth, time);
        }
    }

    private GateSetManifest Describe(GateSet set, RowSet<Pair> rows, FrozenGateSet? previous, Drawn drawn)
    {
        var named = rows.Rows.SelectMany(QuestionFold.Named).Distinct(StringComparer.Ordinal);
        return new GateSetManifest
        {
            Version = (previous?.Manifest.Version ?? 0) + 1,
            Hash = set.Hash,
            RowsHash = "",
            Time = _clock.GetUtcNow(),
            Because = _options.Because,
            AsOf = set.AsOf,
            CorpusHash = set.Corpus.Hash,
            CorpusDocuments = set.Corpus.Count,
            Rules = GateSetRules.Describe(set.Rules),
            Seed = _options.Seed,
            PerQuery = _options.PerQuery,
            Depth = _options.Depth,
            NewPagesOnly = _options.NewPagesOnly,
            Rankers = _rankers.ToDictionary(r => r.Part, r => r.Space ?? "", StringComparer.Ordinal),
            Questions = set.Queries.Count,
            KnownPages = set.Queries.Count(q => q.Cohorts.GetValueOrDefault(PageCohort.Attribute) == PageCohort.Known),
            Negatives = rows.Rows.Sum(r => r.HardNegatives.Count),
            Reviewed = rows.Rows.Sum(r => r.HardNegatives.Count(n => FrozenGateSet.IsReviewed(r, n))),
            Short = set.Queries.Count(q => q.NegativeIds.Count < _options.PerQuery),
            LeftOut = drawn.LeftOut,
            Cohorts = set.Rules.ToDictionary(r => r.Attribute, r => (IReadOnlyDictionary<string, int>)set.Queries
                .GroupBy(q => q.Cohorts[r.Attribute], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal), StringComparer.Ordinal),
            Documents = named.ToDictionary(id => id, id => ContentHash.IdOf(set.Corpus[id].Content), StringComparer.Ordinal),
        };
    }

    private sealed record Drawn(IReadOnlyList<Pair> Rows, IReadOnlyList<Pair> Pool, IReadOnlyDictionary<string, int> LeftOut);
}
