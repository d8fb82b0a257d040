using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Text;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Mining;

/// <summary>Finds documents that are near and wrong: for training queries from the corpus, for failed traffic from what was ranked above the right page.</summary>
/// <remarks>
/// Takes <see cref="TrainingSet"/> and <see cref="TrafficRow"/> only: gate rows have another type, and a traffic question that equals a held-out
/// question, and a page that no training pair knows but a held-out one asks for, are refused by the <see cref="HeldOutSeal"/>s. Same inputs and seed give the same pairs in the same order.
/// </remarks>
public sealed class HardNegativeMiner
{
    private const int BackgroundPairs = 10_000;
    private readonly Corpus _corpus;
    private readonly IEncoder _encoder;
    private readonly MiningOptions _options;
    private readonly IReadOnlyList<HeldOutSeal> _seals;
    private readonly TimeProvider _clock;
    private readonly uint[]?[] _shingles;

    /// <param name="corpus">Where negatives come from.</param>
    /// <param name="encoder">The model whose failures are mined.</param>
    /// <param name="options">Rules.</param>
    /// <param name="seals">Of gate and dev: their questions and held-out pages are left alone. Empty only when the workspace has neither.</param>
    /// <param name="clock">Dates the provenance.</param>
    /// <exception cref="ArgumentException">Unsound options; all problems in one message.</exception>
    public HardNegativeMiner(Corpus corpus, IEncoder encoder, MiningOptions options, IReadOnlyList<HeldOutSeal> seals, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(seals);
        ArgumentNullException.ThrowIfNull(clock);
        if (options.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException($"Mining options: {string.Join("; ", problems)}.", nameof(options));
        }

        _corpus = corpus;
        _encoder = encoder;
        _options = options;
        _seals = seals;
        _clock = clock;
        _shingles = new uint[]?[corpus.Count];
    }

    /// <summary>Hard negatives for training pairs, by the positive-ratio rule on background-corrected similarity.</summary>
    /// <param name="set">Training pairs over the miner's corpus.</param>
    /// <param name="run">Name of the run, kept in the provenance.</param>
    /// <param name="cancellationToken">Stops between queries.</param>
    /// <returns>For each training pair that got a negative a pair of its id that holds the mined negatives alone (see <see cref="MinedPairs.Merge"/>); and the count of refusals by rule.</returns>
    public async Task<MiningResult> MineAsync(TrainingSet set, string run, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (!ReferenceEquals(set.Corpus, _corpus))
        {
            throw new ArgumentException("The pairs belong to another corpus than the miner's; make the miner with theirs.", nameof(set));
        }

        var refused = new RefusalCounts();
        if (set.Pairs.Count == 0)
        {
            return new MiningResult([], refused.Counts);
        }

        var index = (await VectorRanker.CreateAsync(_encoder, _corpus, cancellationToken).ConfigureAwait(false)).Index;
        string[] queries = [.. set.Pairs.Select(p => p.Query)];
        var vectors = await EncodeAsync(queries, cancellationToken).ConfigureAwait(false);
        double background = Background(vectors, index.Vectors.Rows);
        var near = index.Search(vectors, _encoder.Space, _options.Depth, cancellationToken);
        var lexical = _options.UseBm25
            ? await new Bm25Index(_corpus).RankAsync(queries, _options.Depth, cancellationToken).ConfigureAwait(false)
            : null;
        var rights = RightDocuments(set.Pairs);
        var hubs = new HubCap(_corpus.Count, _options.HubCap > 0 ? _options.HubCap : Math.Max(8, 4 * set.Pairs.Count * _options.PerQuery / _corpus.Count));
        var random = new SeededRandom(_options.Seed);
        var mined = new List<Pair>();
        for (int i = 0; i < set.Pairs.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var pair = set.Pairs[i];
            var right = rights[pair.FoldKey];
            if (LowestRight(vectors[i], right, index, refused) is not { } lowest)
            {
                continue;
            }

            double corrected = lowest - background;
            double limit = corrected - (Math.Abs(corrected) * (1 - _options.PositiveRatio));
            var negatives = new List<HardNegative>();
            foreach (var (document, similarity, rank) in Candidates(vectors[i], index, near[i], lexical?[i], random))
            {
                if (negatives.Count == _options.PerQuery)
                {
                    break;
                }

                string? refusal = (rank <= _options.SkipRanks ? "skipped rank" : null)
                    ?? Refusal(document, right, pair.ExpectedAnswer)
                    ?? (similarity - background < limit ? null : "not below the positive ratio")
                    ?? (hubs.TryTake(document) ? null : "hub cap");
                if (refusal is not null)
                {
                    refused.Add(refusal);
                    continue;
                }

                negatives.Add(Negative(document, rank, _options.Random ? "random" : FormattableString.Invariant($"positive_ratio<{_options.PositiveRatio}"),
                    similarity, lowest, background, traceId: null, run));
            }

            if (negatives.Count > 0)
            {
                mined.Add(pair with { HardNegatives = negatives });
            }
        }

        return new MiningResult(mined, refused.Counts);
    }

    /// <summary>New pairs from failed traffic: the right page, and what the encoder ranks above it.</summary>
    /// <param name="rows">Traffic; rows that did not fail by this encoder, or whose right page nobody knows, are counted and left.</param>
    /// <param name="failsAt">The right page must stand within this rank to count as found, at least 1.</param>
    /// <param name="run">Name of the run, kept in the provenance.</param>
    /// <param name="cancellationToken">Stops between queries.</param>
    /// <remarks>The ratio rule does not apply here: it would drop every document that outranks the right one.</remarks>
    public async Task<MiningResult> MineFailuresAsync(IReadOnlyList<TrafficRow> rows, int failsAt, string run, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(failsAt, 1);
        var refused = new RefusalCounts();
        var usable = rows.Where(r => IsUsable(r, refused)).ToArray();
        if (usable.Length == 0)
        {
            return new MiningResult([], refused.Counts);
        }

        var index = (await VectorRanker.CreateAsync(_encoder, _corpus, cancellationToken).ConfigureAwait(false)).Index;
        var vectors = await EncodeAsync([.. usable.Select(r => r.Query)], cancellationToken).ConfigureAwait(false);
        double background = Background(vectors, index.Vectors.Rows);
        var near = index.Search(vectors, _encoder.Space, _options.Depth, cancellationToken);
        var mined = new List<Pair>();
        for (int i = 0; i < usable.Length; i++)
        {
            var row = usable[i];
            var right = row.KnownRightIds.Select(IndexOf).ToHashSet();
            int found = IndexOfFirst(near[i], right);
            if (found >= 0 && found < failsAt)
            {
                refused.Add("not a failure of this encoder");
                continue;
            }

            if (LowestRight(vectors[i], right, index, refused) is not { } lowest)
            {
                continue;
            }

            // The answer that a failed row gave is the wrong one: a document that holds it is the negative we want.
            string? answer = row.Outcome == TrafficOutcome.Ok ? row.Answer : null;
            var negatives = new List<HardNegative>();
            for (int rank = 0; rank < (found < 0 ? near[i].Count : found) && negatives.Count < _options.PerQuery; rank++)
            {
                int document = near[i][rank].Document;
                if (Refusal(document, right, answer) is { } refusal)
                {
                    refused.Add(refusal);
                    continue;
                }

                negatives.Add(Negative(document, rank + 1, "ranked above the right page", near[i][rank].Score, lowest, background, row.Id, run));
            }

            mined.Add(new Pair
            {
                Id = "traffic:" + row.Id,
                Query = row.Query,
                PositiveIds = [.. row.KnownRightIds],
                HardNegatives = negatives,
                Cohorts = row.Cohorts,
                Provenance = new Provenance { Source = "log", TraceId = row.Id, Space = _encoder.Space.Id, Rule = "failed traffic", Run = run, Time = _clock.GetUtcNow() },
            });
        }

        return new MiningResult(mined, refused.Counts);
    }

    private bool IsUsable(TrafficRow row, RefusalCounts refused)
    {
        string? reason = row.KnownRightIds.Count == 0 ? "right page unknown: label it first"
            : !row.KnownRightIds.All(id => _corpus.TryGetIndex(id, out _)) ? "right page missing from the corpus"
            : _seals.Any(s => s.Contains(row.Query)) ? "question of a held-out set"
            : row.KnownRightIds.Any(id => _seals.Any(s => s.IsBesideHeldOutPage(id))) ? "right page held out for dev or gate"
            : null;
        if (reason is not null)
        {
            refused.Add(reason);
        }

        return reason is null;
    }

    // Similarity to the farthest right document; null, counted, when there is nothing to measure.
    private static double? LowestRight(ReadOnlySpan<float> query, HashSet<int> right, IVectorIndex index, RefusalCounts refused)
    {
        double lowest = double.PositiveInfinity;
        foreach (int document in right)
        {
            ReadOnlySpan<float> row = index.Vectors.Rows[document];
            if (row.ContainsAnyExcept(0f))
            {
                lowest = Math.Min(lowest, FlatIndex.Similarity(query, row));
            }
        }

        string? reason = !query.ContainsAnyExcept(0f) ? "no known token in the query" : double.IsInfinity(lowest) ? "no known token in the right page" : null;
        if (reason is not null)
        {
            refused.Add(reason);
            return null;
        }

        return lowest;
    }

    // Random draws come from the whole corpus; otherwise the encoder's candidates, then BM25's that it missed, all by the encoder's similarity.
    private IEnumerable<(int Document, float Similarity, int? Rank)> Candidates(ReadOnlySpan<float> query, IVectorIndex index, IReadOnlyList<Hit> near, IReadOnlyList<Hit>? lexical, SeededRandom random)
    {
        var list = new List<Hit>();
        var seen = new HashSet<int>();
        void Add(int document, float similarity)
        {
            if (seen.Add(document))
            {
                list.Add(new Hit(document, similarity));
            }
        }

        IEnumerable<int> others = _options.Random ? Enumerable.Range(0, _options.Depth).Select(_ => random.Below(_corpus.Count)) : (lexical ?? []).Select(hit => hit.Document);
        foreach (var hit in _options.Random ? [] : near)
        {
            Add(hit.Document, hit.Score);
        }

        foreach (int document in others)
        {
            ReadOnlySpan<float> row = index.Vectors.Rows[document];
            if (row.ContainsAnyExcept(0f))
            {
                Add(document, FlatIndex.Similarity(query, row));
            }
        }

        return _options.Random
            ? list.Select(hit => (hit.Document, hit.Score, (int?)null))
            : list.OrderByDescending(hit => hit.Score).Select((hit, i) => (hit.Document, hit.Score, (int?)(i + 1)));     // stable: ties stay as found
    }

    private string? Refusal(int document, HashSet<int> right, string? answer)
    {
        if (right.Contains(document))
        {
            return "own positive";
        }

        var candidate = _corpus.Documents[document];
        if (_seals.Any(s => s.IsHeldOutPage(candidate.Id)))
        {
            return "page held out for dev or gate";
        }

        if (right.Any(r => IsNearDuplicate(document, r) && !DocumentVariants.Differ(candidate, _corpus.Documents[r])))
        {
            return "near-duplicate of a positive";
        }

        return answer is { Length: >= 12 } && FoldKeys.Of(candidate.Content).Contains(FoldKeys.Of(answer), StringComparison.Ordinal) ? "holds the answer" : null;
    }

    private bool IsNearDuplicate(int a, int b) => Shingles.AreNear(ShinglesOf(a), ShinglesOf(b));

    private uint[] ShinglesOf(int document) => _shingles[document] ??= Shingles.Of(_corpus.Documents[document].Text);

    private HardNegative Negative(int document, int? rank, string rule, double similarity, double positive, double background, string? traceId, string run)
    {
        var page = _corpus.Documents[document];
        return new HardNegative(page.Id, new Provenance
        {
            Source = "mined",
            DocumentId = page.Id,
            DocumentVersion = page.Attributes.GetValueOrDefault("version") ?? page.Attributes.GetValueOrDefault("updated"),
            Space = _encoder.Space.Id,
            TraceId = traceId,
            Rule = rule,
            Rank = rank,
            Scores = new SortedDictionary<string, double>(StringComparer.Ordinal)
            {
                ["background"] = Math.Round(background, 6),
                ["negative"] = Math.Round(similarity, 6),
                ["positive"] = Math.Round(positive, 6),
            },
            Run = run,
            Time = _clock.GetUtcNow(),
        });
    }

    private Dictionary<string, HashSet<int>> RightDocuments(IEnumerable<Pair> pairs)
    {
        var rights = new Dictionary<string, HashSet<int>>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            if (!rights.TryGetValue(pair.FoldKey, out var set))
            {
                rights[pair.FoldKey] = set = [];
            }

            set.UnionWith(pair.PositiveIds.Select(IndexOf));
            set.UnionWith(pair.Relevance?.Where(r => r.Value > 0).Select(r => IndexOf(r.Key)) ?? []);
        }

        return rights;
    }

    private int IndexOf(string id) => _corpus.TryGetIndex(id, out int index) ? index : throw new NearfarException($"Document \"{id}\" is not in the corpus of {_corpus.Count}. Run: nearfar check");

    private async Task<Rows<float>> EncodeAsync(string[] texts, CancellationToken cancellationToken)
    {
        var rows = Rows.Allocate<float>(texts.Length, _encoder.Dimensions);
        await _encoder.EncodeAsync(texts, TextRole.Query, rows.Data, cancellationToken).ConfigureAwait(false);
        return rows;
    }

    // Mean similarity of random pairs; a text without known token has no similarity.
    private double Background(Rows<float> queries, Rows<float> documents)
    {
        var random = new SeededRandom(_options.Seed);
        double sum = 0;
        int pairs = 0;
        for (int i = 0; i < BackgroundPairs; i++)
        {
            ReadOnlySpan<float> query = queries[random.Below(queries.Count)], document = documents[random.Below(documents.Count)];
            if (query.ContainsAnyExcept(0f) && document.ContainsAnyExcept(0f))
            {
                sum += FlatIndex.Similarity(query, document);
                pairs++;
            }
        }

        return pairs == 0 ? 0 : sum / pairs;
    }

    private static int IndexOfFirst(IReadOnlyList<Hit> hits, HashSet<int> right)
    {
        for (int i = 0; i < hits.Count; i++)
        {
            if (right.Contains(hits[i].Document))
            {
                return i;
            }
        }

        return -1;
    }
}
