using Nearfar.Pairs;

namespace Nearfar.Mining.Reviewing;

/// <summary>Collects likely false negatives: the likeliest few of each question, then the likeliest of all.</summary>
internal sealed class ReviewList(int most, Corpus corpus, string space, ReviewDecisions decisions)
{
    private const int PerQuestion = 3;
    private readonly List<(MiningQuestion Question, Candidate Candidate, string Rule, double Likelihood)> _open = [];
    private readonly List<ReviewRow> _rows = [];
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private MiningQuestion? _question;

    public void Offer(MiningQuestion question, Candidate candidate, string rule, double likelihood)
    {
        if (most == 0)
        {
            return;
        }

        if (!ReferenceEquals(question, _question))
        {
            Close();
            _question = question;
        }

        _open.Add((question, candidate, rule, likelihood));
    }

    /// <summary>Likeliest first.</summary>
    public IReadOnlyList<ReviewRow> ToRows()
    {
        Close();
        return [.. Sorted(_rows).Take(most)];
    }

    // Only rows that can still be among the likeliest are held.
    private void Close()
    {
        foreach (var (question, candidate, rule, likelihood) in _open.OrderByDescending(o => o.Likelihood).ThenBy(o => o.Candidate.Document).Take(PerQuestion))
        {
            var row = RowOf(question, candidate, rule, likelihood);
            if (decisions.Find(row.FoldKey, row.DocumentId) is null && _ids.Add(row.Id))
            {
                _rows.Add(row);
            }
        }

        _open.Clear();
        if (_rows.Count > 4 * Math.Max(most, 256))
        {
            ReviewRow[] kept = [.. Sorted(_rows).Take(most)];
            _rows.Clear();
            _rows.AddRange(kept);
        }
    }

    private static IEnumerable<ReviewRow> Sorted(IEnumerable<ReviewRow> rows) =>
        rows.OrderByDescending(r => r.Likelihood).ThenBy(r => r.Query, StringComparer.Ordinal).ThenBy(r => r.DocumentId, StringComparer.Ordinal);

    private ReviewRow RowOf(MiningQuestion question, Candidate candidate, string rule, double likelihood)
    {
        var page = corpus.Documents[candidate.Document];
        string hash = ContentHash.IdOf(page.Content);
        string[] positives = [.. question.Right.Order().Select(r => corpus.Documents[r].Id)];
        return new ReviewRow
        {
            Id = ReviewRow.IdOf(question.Pair.FoldKey, page.Id, hash),
            Query = question.Pair.Query,
            QueryId = question.Pair.QueryId,
            PairId = question.Pair.Id,
            PositiveIds = positives,
            Positives = [.. positives.Select(id => corpus[id].Content)],
            DocumentId = page.Id,
            Text = page.Content,
            TextHash = hash,
            Rule = rule,
            Likelihood = Math.Round(likelihood, 6),
            Scores = MinedNegative.Scores(candidate, question),
            Ranks = MinedNegative.Ranks(candidate),
            Space = space,
            TraceId = question.TraceId,
            Cohorts = question.Pair.Cohorts,
        };
    }
}
