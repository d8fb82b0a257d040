using Nearfar.Mining.Reviewing;
using Nearfar.Mining.Rules;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Vectors;

namespace Nearfar.Mining;

/// <summary>Mines training queries, a block of them at a time.</summary>
internal sealed class TrainingMining(MiningSetting setting, TrainingSet set)
{
    private readonly Corpus _corpus = setting.Corpus;
    private readonly MiningOptions _options = setting.Options;
    private readonly RefusalCounts _refused = new();
    private readonly RightDocuments _rights = new(setting.Corpus, set.Pairs, setting.Decisions.Promoted);
    private readonly ReviewList _review = new(setting.Options.Review, setting.Corpus, setting.Encoder.Space.Id, setting.Decisions);
    private readonly List<Pair> _mined = [];

    /// <param name="explained">Explain this question, and stop behind it; null: mine all.</param>
    /// <param name="cancellationToken">Stops between queries.</param>
    public async Task<MiningResult> MineAsync(ExplainedQuestion? explained, CancellationToken cancellationToken)
    {
        if (set.Pairs.Count == 0 && explained is null)
        {
            return new MiningResult([], _refused.Counts);
        }

        bool alone = explained is { Pair: null };
        Pair[] pairs = alone ? [new Pair { Id = "(text)", Query = explained!.Text, PositiveIds = [] }] : [.. set.Pairs];
        var index = await setting.IndexAsync(cancellationToken).ConfigureAwait(false);
        string[] queries = [.. pairs.Select(p => p.Query)];
        string[] sample = set.Pairs.Count == 0 ? queries : [.. set.Pairs.Select(p => p.Query)];
        var vectors = await setting.EncodeAsync(queries, cancellationToken).ConfigureAwait(false);
        double background = BackgroundSimilarity.Of(alone ? await setting.EncodeAsync(sample, cancellationToken).ConfigureAwait(false) : vectors, index.Vectors.Rows, _options.Seed);
        var source = new CandidateSource(setting.Encoder, index, _options, _options.UseBm25 && _options.Sampling != MiningSampling.Uniform ? setting.Bm25() : null, setting.Rankers);
        var chain = RuleChain.ForTraining(_corpus, _options, setting.Seals, setting.Decisions, setting.Teacher is not null && !alone);
        var pass = new MiningPass(_corpus, chain, _options, alone ? null : Hubs(), setting.Decisions, _refused, _review)
        {
            Teacher = alone ? null : setting.Teacher,
            TeacherBackground = await setting.TeacherBackgroundAsync(sample, cancellationToken).ConfigureAwait(false),
        };
        var common = setting.Common(chain.Label);
        int end = explained?.Pair is { } last ? last + 1 : pairs.Length;
        for (int start = 0; start < end; start += CandidateSource.Block)
        {
            int count = Math.Min(CandidateSource.Block, end - start);
            var rankings = await source.RankAsync(queries.AsMemory(start, count).ToArray(), vectors.Slice(start, count), cancellationToken).ConfigureAwait(false);
            for (int i = start; i < start + count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var explain = i == end - 1 ? explained : null;
                if (Question(pairs[i], i, vectors[i], background, index, explain) is { } question)
                {
                    var candidates = WithAccepted(question, source.CandidatesOf(i - start, vectors[i], rankings), vectors[i], index);
                    await MineOneAsync(pass, question, candidates, common, explain, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        _mined.AddRange(Promotions());
        _refused.Add("decision on a page that changed since", setting.Decisions.Stale);
        return new MiningResult(_mined, _refused.Counts) { Review = _review.ToRows() };
    }

    private async Task MineOneAsync(MiningPass pass, MiningQuestion question, IReadOnlyList<Candidate> candidates, Provenance common, ExplainedQuestion? explained, CancellationToken cancellationToken)
    {
        pass.Observer = explained is null ? null : explained.Hear;
        var taken = await pass.SelectAsync(question, candidates, cancellationToken).ConfigureAwait(false);
        if (taken.Count > 0)
        {
            _mined.Add(question.Pair with { HardNegatives = [.. taken.Select(c => MinedNegative.Of(c, question, _corpus, common, setting.Decisions))] });
        }

        explained?.Finish(question, _corpus);
    }

    // Null, counted, when there is nothing to measure.
    private MiningQuestion? Question(Pair pair, int number, ReadOnlySpan<float> vector, double background, IVectorIndex index, ExplainedQuestion? explained)
    {
        var right = explained is { Pair: null } ? [] : _rights.Of(pair.FoldKey);
        var (lowest, trouble) = RightDocuments.LowestOf(vector, right, index.Vectors.Rows);
        bool known = right.Count > 0;
        trouble = known || trouble == "no known token in the query" ? trouble : null;
        var question = new MiningQuestion
        {
            Pair = pair,
            Number = number,
            Right = right,
            Answer = AnswerRule.Folded(pair.ExpectedAnswer),
            Quota = known && setting.Deficit is { } deficit ? deficit.QuotaOf(pair, _corpus[pair.PositiveIds[0]], _options.PerQuery) : _options.PerQuery,
            Lowest = known && trouble is null ? lowest : null,
            Background = background,
        };
        if (trouble is null)
        {
            return question;
        }

        _refused.Add(trouble);
        explained?.Finish(question, _corpus, trouble);
        return null;
    }

    // A reviewer's negative is a candidate even where no ranker finds it.
    private IReadOnlyList<Candidate> WithAccepted(MiningQuestion question, IReadOnlyList<Candidate> candidates, ReadOnlySpan<float> vector, IVectorIndex index)
    {
        if (setting.Decisions.Count == 0)
        {
            return candidates;
        }

        var list = candidates.ToList();
        foreach (int document in setting.Decisions.AcceptedFor(question.Pair.FoldKey).Order(StringComparer.Ordinal).Select(_rights.IndexOf).Except(candidates.Select(c => c.Document)))
        {
            list.Add(new Candidate(document, FlatIndex.Similarity(vector, index.Vectors.Rows[document]), null, []));
        }

        return list;
    }

    private HubCap Hubs() => new(_corpus.Count, _options.HubCap > 0 ? _options.HubCap : (int)Math.Max(8, 4L * set.Pairs.Count * _options.PerQuery / _corpus.Count));

    // One pair a promoted document: an existing pair has one provenance, and it is not this.
    private IEnumerable<Pair> Promotions()
    {
        foreach (var row in setting.Decisions.Promoted)
        {
            if (setting.Seals.Any(s => s.Contains(row.Query) || s.IsBesideHeldOutPage(row.DocumentId)))
            {
                _refused.Add("promoted, but question or page is held out for dev or gate");
                continue;
            }

            yield return new Pair
            {
                Id = "review:" + row.Id,
                Query = row.Query,
                QueryId = row.QueryId,
                PositiveIds = [row.DocumentId],
                Cohorts = row.Cohorts,
                Provenance = new Provenance
                {
                    Source = "human",
                    DocumentId = row.DocumentId,
                    Space = row.Space,
                    TraceId = row.TraceId,
                    Rule = MinedPairs.PromotionRule,
                    Ranks = row.Ranks,
                    Scores = row.Scores,
                    Reviewer = row.Reviewer,
                    Time = row.Time ?? setting.Clock.GetUtcNow(),
                    Run = setting.Run,
                },
            };
        }
    }
}
