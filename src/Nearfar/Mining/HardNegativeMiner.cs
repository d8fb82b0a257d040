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

        var ledger = new RefusalCounts();
        var ranker = await VectorRanker.CreateAsync(_encoder, _corpus, cancellationToken).ConfigureAwait(false);
        string[] queries = [.. set.Pairs.Select(p => p.Query)];
        var vectors = await EncodeAsync(queries, cancellationToken).ConfigureAwait(false);
        double background = Background(vectors, ranker.Index.Vectors.Rows);
        var near = ranker.Index.Search(vectors, _encoder.Space, Math.Min(_options.Depth, Math.Max(1, _corpus.Count)), cancellationToken);
        var lexical = _options.UseBm25
            ? await new Bm25Index(_corpus).RankAsync(queries, _options.Depth, cancellationToken).ConfigureAwait(false)
            : null;
        var rights = RightDocuments(set.Pairs);
        var hubs = new HubCap(_corpus.Count, _options.HubCap > 0 ? _options.HubCap : Math.Max(8, 4 * set.Pairs.Count * _options.PerQuery / Math.Max(1, _corpus.Count)));
        var random = new SeededRandom(_options.Seed);
        var mined = new List<Pair>();
        for (int i = 0; i < set.Pairs.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var pair = set.Pairs[i];
            int row = i;
            double SimilarityTo(int document) => Dot(vectors[row], ranker.Index.Vectors.Rows[document]);
            if (!vectors[i].ContainsAnyExcept(0f))
            {
                ledger.Add("no known token in the query");
                continue;
            }

            var right = rights[pair.FoldKey];
            double lowest = right.Min(SimilarityTo);
            double corrected = lowest - background;
            double limit = corrected - (Math.Abs(corrected) * (1 - _options.PositiveRatio));
            var negatives = new List<HardNegative>();
            foreach (var (document, rank) in Candidates(near[i], lexical?[i], SimilarityTo, random))
            {
                if (negatives.Count == _options.PerQuery)
                {
                    break;
                }

                double similarity = SimilarityTo(document);
                string? refusal = (rank <= _options.SkipRanks ? "skipped rank" : null)
                    ?? Refusal(document, right, pair.ExpectedAnswer)
                    ?? (similarity - background < limit ? null : "not below the positive ratio")
                    ?? (hubs.TryTake(document) ? null : "hub cap");
                if (refusal is not null)
                {
                    ledger.Add(refusal);
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

        return new MiningResult(mined, ledger.Counts);
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
        var ledger = new RefusalCounts();
        var usable = rows.Where(r => IsUsable(r, ledger)).ToArray();
        var ranker = await VectorRanker.CreateAsync(_encoder, _corpus, cancellationToken).ConfigureAwait(false);
        var vectors = await EncodeAsync([.. usable.Select(r => r.Query)], cancellationToken).ConfigureAwait(false);
        double background = usable.Length == 0 ? 0 : Background(vectors, ranker.Index.Vectors.Rows);
        var near = ranker.Index.Search(vectors, _encoder.Space, Math.Min(_options.Depth, Math.Max(1, _corpus.Count)), cancellationToken);
        var mined = new List<Pair>();
        for (int i = 0; i < usable.Length; i++)
        {
            var row = usable[i];
            var right = row.KnownRightIds.Select(id => IndexOf(id)).ToHashSet();
            int found = IndexOfFirst(near[i], right);
            if (found >= 0 && found < failsAt)
            {
                ledger.Add("not a failure of this encoder");
                continue;
            }

            int query = i;
            double lowest = right.Min(d => Dot(vectors[query], ranker.Index.Vectors.Rows[d]));
            var negatives = new List<HardNegative>();
            for (int rank = 0; rank < (found < 0 ? near[i].Count : found) && negatives.Count < _options.PerQuery; rank++)
            {
                int document = near[i][rank].Document;
                if (Refusal(document, right, row.Answer) is { } refusal)
                {
                    ledger.Add(refusal);
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

        return new MiningResult(mined, ledger.Counts);
    }

    private bool IsUsable(TrafficRow row, RefusalCounts ledger)
    {
        string? reason = row.KnownRightIds.Count == 0 ? "right page unknown: label it first"
            : !row.KnownRightIds.All(id => _corpus.TryGetIndex(id, out _)) ? "right page missing from the corpus"
            : _seals.Any(s => s.Contains(row.Query)) ? "question of a held-out set"
            : null;
        if (reason is not null)
        {
            ledger.Add(reason);
        }

        return reason is null;
    }

    // Random draws come from the whole corpus; otherwise the encoder's candidates, then BM25's that it missed, all by the encoder's similarity.
    private IEnumerable<(int Document, int Rank)> Candidates(IReadOnlyList<Hit> near, IReadOnlyList<Hit>? lexical, Func<int, double> similarity, SeededRandom random)
    {
        if (_options.Random)
        {
            return DrawRandom(random);
        }

        var list = near.Select((hit, i) => (hit.Document, Rank: i + 1)).ToList();
        var seen = list.Select(c => c.Document).ToHashSet();
        foreach (var hit in lexical ?? [])
        {
            if (seen.Add(hit.Document))
            {
                list.Add((hit.Document, list.Count + 1));
            }
        }

        return list.OrderByDescending(c => similarity(c.Document)).ThenBy(c => c.Rank);
    }

    private IEnumerable<(int Document, int Rank)> DrawRandom(SeededRandom random)
    {
        for (int i = 0; i < _options.Depth; i++)
        {
            yield return (random.Below(_corpus.Count), i + 1);
        }
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

    private HardNegative Negative(int document, int rank, string rule, double similarity, double positive, double background, string? traceId, string run)
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

    private double Background(Rows<float> queries, Rows<float> documents)
    {
        var random = new SeededRandom(_options.Seed);
        double sum = 0;
        for (int i = 0; i < BackgroundPairs; i++)
        {
            sum += Dot(queries[random.Below(queries.Count)], documents[random.Below(documents.Count)]);
        }

        return sum / BackgroundPairs;
    }

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => System.Numerics.Tensors.TensorPrimitives.Dot(a, b);

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
