using Nearfar.Mining.Reviewing;
using Nearfar.Mining.Rules;
using Nearfar.Pairs;
using Nearfar.Search;

namespace Nearfar.Mining;

/// <summary>Mines failed traffic, a block of questions at a time: what the encoder ranks above the right page.</summary>
internal sealed class FailureMining(MiningSetting setting, IReadOnlyList<TrafficRow> rows, int failsAt)
{
    private readonly Corpus _corpus = setting.Corpus;
    private readonly MiningOptions _options = setting.Options;
    private readonly RefusalCounts _refused = new();
    private readonly ReviewList _review = new(setting.Options.Review, setting.Corpus, setting.Encoder.Space.Id, setting.Decisions);
    private readonly List<Pair> _mined = [];

    public async Task<MiningResult> MineAsync(CancellationToken cancellationToken)
    {
        TrafficRow[] usable = [.. rows.Where(IsUsable)];
        if (usable.Length == 0)
        {
            return new MiningResult([], _refused.Counts);
        }

        var index = await setting.IndexAsync(cancellationToken).ConfigureAwait(false);
        string[] queries = [.. usable.Select(r => r.Query)];
        var vectors = await setting.EncodeAsync(queries, cancellationToken).ConfigureAwait(false);
        double background = BackgroundSimilarity.Of(vectors, index.Vectors.Rows, _options.Seed);
        var rights = new RightDocuments(_corpus, usable.Select(PairOf), setting.Decisions.Promoted);
        var chain = RuleChain.ForFailures(_corpus, _options, setting.Seals, setting.Decisions, setting.Teacher is not null);
        var pass = new MiningPass(_corpus, chain, _options with { Sampling = MiningSampling.Top }, null, setting.Decisions, _refused, _review)
        {
            Teacher = setting.Teacher,
            TeacherBackground = await setting.TeacherBackgroundAsync(queries, cancellationToken).ConfigureAwait(false),
        };
        var common = setting.Common(chain.Label);
        for (int start = 0; start < usable.Length; start += CandidateSource.Block)
        {
            int count = Math.Min(CandidateSource.Block, usable.Length - start);
            var near = index.Search(vectors.Slice(start, count), setting.Encoder.DocumentSpace, _options.Depth, cancellationToken);
            for (int i = start; i < start + count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (Question(usable[i], i, rights, vectors[i], background, index, near[i - start]) is { } question)
                {
                    var taken = await pass.SelectAsync(question, Above(usable[i], question.Right, near[i - start]), cancellationToken).ConfigureAwait(false);
                    _mined.Add(question.Pair with { HardNegatives = [.. taken.Select(c => MinedNegative.Of(c, question, _corpus, common, setting.Decisions))] });
                }
            }
        }

        return new MiningResult(_mined, _refused.Counts) { Review = _review.ToRows() };
    }

    private bool IsUsable(TrafficRow row)
    {
        string? reason = row.KnownRightIds.Count == 0 ? "right page unknown: label it first"
            : !row.KnownRightIds.All(id => _corpus.TryGetIndex(id, out _)) ? "right page missing from the corpus"
            : setting.Seals.Any(s => s.Contains(row.Query)) ? "question of a held-out set"
            : row.KnownRightIds.Any(id => setting.Seals.Any(s => s.IsBesideHeldOutPage(id))) ? "right page held out for dev or gate"
            : null;
        if (reason is not null)
        {
            _refused.Add(reason);
        }

        return reason is null;
    }

    // Null, counted, when the encoder finds the page or there is nothing to measure.
    private MiningQuestion? Question(TrafficRow row, int number, RightDocuments rights, ReadOnlySpan<float> vector, double background, IVectorIndex index, IReadOnlyList<Hit> near)
    {
        var pair = PairOf(row);
        HashSet<int> right = [.. row.KnownRightIds.Select(rights.IndexOf), .. setting.Decisions.Promoted.Where(p => p.FoldKey == pair.FoldKey).Select(p => rights.IndexOf(p.DocumentId))];
        int found = FirstOf(near, right);
        var (lowest, trouble) = found >= 0 && found < failsAt ? (0, "not a failure of this encoder") : RightDocuments.LowestOf(vector, right, index.Vectors.Rows);
        if (trouble is not null)
        {
            _refused.Add(trouble);
            return null;
        }

        return new MiningQuestion
        {
            Pair = pair,
            Number = number,
            Right = right,
            Answer = AnswerRule.Folded(row.Outcome == TrafficOutcome.Ok ? row.Answer : null),       // the answer that a failed row gave is the wrong one: a document that holds it is the negative we want
            TraceId = row.Id,
            Quota = _options.PerQuery,
            Lowest = lowest,
            Background = background,
        };
    }

    private Pair PairOf(TrafficRow row) => new()
    {
        Id = "traffic:" + row.Id,
        Query = row.Query,
        PositiveIds = [.. row.KnownRightIds],
        Cohorts = row.Cohorts,
        Provenance = new Provenance { Source = "log", TraceId = row.Id, Space = setting.Encoder.Space.Id, Rule = "failed traffic", Run = setting.Run, Time = setting.Clock.GetUtcNow() },
    };

    private List<Candidate> Above(TrafficRow row, HashSet<int> right, IReadOnlyList<Hit> near)
    {
        int found = FirstOf(near, right);
        var served = row.Retrieved.ToDictionary(r => r.Id, StringComparer.Ordinal);
        var list = new List<Candidate>();
        for (int i = 0; i < (found < 0 ? near.Count : found); i++)
        {
            var places = new List<RankerPlace> { new("encoder", i + 1, near[i].Score) };
            if (served.TryGetValue(_corpus.Documents[near[i].Document].Id, out var place))
            {
                places.Add(new RankerPlace("served", place.Rank, place.Score));
            }

            list.Add(new Candidate(near[i].Document, near[i].Score, i + 1, places));
        }

        return list;
    }

    private static int FirstOf(IReadOnlyList<Hit> hits, HashSet<int> right)
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
