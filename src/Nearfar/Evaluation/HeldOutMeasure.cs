using Nearfar.Evaluation.Ranking;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Vectors;

namespace Nearfar.Evaluation;

/// <summary>nDCG@10, recall@5 and margin of one set, again and again during training, without a report.</summary>
/// <remarks>The same numbers as the report's, bit for bit. Thread-safe; holds no vectors.</remarks>
internal sealed class HeldOutMeasure
{
    private static readonly EmbeddingSpace Unnamed = new("held-out");       // the encoder changes with every step: its vectors meet no others
    private readonly JudgedSet _set;
    private readonly int[] _order;

    /// <param name="set">The set for choosing a step: dev, never gate, by type.</param>
    public HeldOutMeasure(DevSet set)
    {
        JudgedSetCheck.ThrowUnlessSound(set);
        _set = set;
        _order = [.. Enumerable.Range(0, set.Queries.Count).OrderBy(q => set.Queries[q].Id, Utf8Order.Ascending)];
    }

    /// <param name="queries">Unit or zero rows [Q, D] in the set's order.</param>
    /// <param name="documents">Unit or zero rows [N, D] in corpus order.</param>
    /// <param name="cancellationToken">Looked at between blocks of queries.</param>
    /// <exception cref="NearfarException">A row is not finite or not of length 1.</exception>
    public HeldOutQuality Measure(Rows<float> queries, Rows<float> documents, CancellationToken cancellationToken)
    {
        var rows = new EncodedSet(Unnamed, queries, documents);
        var hits = rows.Rank(_set.Corpus, 10, cancellationToken);
        var overall = new Sums();
        var cohorts = new SortedDictionary<string, SortedDictionary<string, Sums>>(StringComparer.Ordinal);
        foreach (int q in _order)
        {
            var ranking = new JudgedRanking(hits[q].Select(h => _set.Corpus.Documents[h.Document].Id), _set.Queries[q].Relevance);
            var margins = Margins.Of(rows, _set, q);
            overall.Add(ranking, margins);
            foreach (var (attribute, value) in _set.Queries[q].Cohorts)
            {
                if (!cohorts.TryGetValue(attribute, out var values))
                {
                    cohorts[attribute] = values = new(StringComparer.Ordinal);
                }

                if (!values.TryGetValue(value, out var sums))
                {
                    values[value] = sums = new();
                }

                sums.Add(ranking, margins);
            }
        }

        return new(overall.Means(), cohorts.ToDictionary(
            a => a.Key, a => (IReadOnlyDictionary<string, HeldOutMeans>)a.Value.ToDictionary(v => v.Key, v => v.Value.Means(), StringComparer.Ordinal), StringComparer.Ordinal));
    }

    private sealed class Sums
    {
        private int _n, _margins;
        private double _ndcg, _recall, _margin, _hard;

        public void Add(JudgedRanking ranking, Margins? margins)
        {
            _n++;
            _ndcg += ranking.NdcgAt(10);
            _recall += ranking.RecallAt(5);
            if (margins is not null)
            {
                _margins++;
                _margin += margins.Mean;
                _hard += margins.Hard;
            }
        }

        public HeldOutMeans Means() => new(_n, _ndcg / _n, _recall / _n, _margins, _margins == 0 ? null : _margin / _margins, _margins == 0 ? null : _hard / _margins);
    }
}

/// <summary>Held-out means of some questions.</summary>
/// <param name="N">Questions.</param>
/// <param name="Ndcg10">nDCG@10.</param>
/// <param name="Recall5">recall@5.</param>
/// <param name="WithMargin">Questions that have negatives.</param>
/// <param name="MarginMean">Mean margin; null when no question has one.</param>
/// <param name="MarginHard">Mean hard margin; null when no question has one.</param>
internal sealed record HeldOutMeans(int N, double Ndcg10, double Recall5, int WithMargin, double? MarginMean, double? MarginHard);

/// <summary>Held-out quality of one training step.</summary>
/// <param name="Overall">Over all questions.</param>
/// <param name="Cohorts">By attribute and value.</param>
internal sealed record HeldOutQuality(HeldOutMeans Overall, IReadOnlyDictionary<string, IReadOnlyDictionary<string, HeldOutMeans>> Cohorts);
