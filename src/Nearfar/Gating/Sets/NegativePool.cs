using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Text;
using Nearfar.Training.Sampling;

namespace Nearfar.Gating.Sets;

/// <summary>The pool of one question: what was written for it and what the rankers found, less its answers; and the draw from it.</summary>
internal sealed class NegativePool
{
    private readonly IReadOnlyList<Pair> _rows;
    private readonly Corpus _corpus;
    private readonly DocumentClusters _clusters;
    private readonly HashSet<string> _right;
    private readonly HashSet<string> _judgedWrong;
    private readonly string? _answer;
    private readonly SortedDictionary<string, (Provenance Provenance, List<string> Parts)> _members = new(Utf8Order.Ascending);
    private readonly SortedDictionary<string, string> _leftOut = new(StringComparer.Ordinal);

    /// <param name="rows">All rows of one question.</param>
    /// <param name="corpus">Holds every document they name.</param>
    /// <param name="clusters">Of the same corpus.</param>
    public NegativePool(IReadOnlyList<Pair> rows, Corpus corpus, DocumentClusters clusters)
    {
        _rows = rows;
        _corpus = corpus;
        _clusters = clusters;
        _right = rows.SelectMany(r => r.PositiveIds.Concat((r.Relevance ?? new Dictionary<string, int>()).Where(g => g.Value > 0).Select(g => g.Key))).ToHashSet(StringComparer.Ordinal);
        _judgedWrong = rows.SelectMany(r => r.ForbiddenIds.Concat((r.Relevance ?? new Dictionary<string, int>()).Where(g => g.Value < 1).Select(g => g.Key))).ToHashSet(StringComparer.Ordinal);
        _answer = rows.Select(r => r.ExpectedAnswer).FirstOrDefault(a => a is { Length: >= 12 }) is { } answer ? FoldKeys.Of(answer) : null;
        foreach (var negative in rows.SelectMany(r => r.HardNegatives))
        {
            if (Admits(negative.DocumentId, authored: true))
            {
                _members.TryAdd(negative.DocumentId, (negative.Provenance ?? new Provenance { Source = "human", Rule = "authored" }, []));
            }
        }
    }

    /// <summary>Documents that were kept out, with the reason.</summary>
    public IReadOnlyDictionary<string, string> LeftOut => _leftOut;

    /// <summary>Number of documents in the pool.</summary>
    public int Count => _members.Count;

    /// <summary>Takes the first <paramref name="depth"/> admissible documents of a ranking.</summary>
    public void Add(PoolRanker ranker, IReadOnlyList<Hit> hits, int depth, DateTimeOffset time)
    {
        int taken = 0;
        for (int rank = 1; rank <= hits.Count && taken < depth; rank++)
        {
            string id = _corpus.Documents[hits[rank - 1].Document].Id;
            if (Admits(id, authored: false))
            {
                taken++;
                Add(ranker, id, rank, time);
            }
        }
    }

    /// <summary>How many documents of a ranking the pool would take.</summary>
    public int CountAdmissible(IReadOnlyList<Hit> hits) => hits.Count(hit => Admits(_corpus.Documents[hit.Document].Id, authored: false));

    /// <summary>Every member in id order, with its provenance.</summary>
    public List<HardNegative> Members() => [.. _members.Select(m => new HardNegative(m.Key, m.Value.Provenance))];

    /// <summary><paramref name="count"/> members drawn without looking at ranks or scores, in id order; all when there are no more.</summary>
    public List<HardNegative> Draw(int count, ulong seed)
    {
        var members = Members();
        int[] order = [.. Enumerable.Range(0, members.Count)];
        SeededRandom.For(seed, 0, "gate negatives of " + _rows[0].FoldKey).Shuffle(order);
        return [.. order.Take(count).Order().Select(i => members[i])];
    }

    private void Add(PoolRanker ranker, string id, int rank, DateTimeOffset time)
    {
        bool known = _members.TryGetValue(id, out var member);
        if (!known)
        {
            var document = _corpus[id];
            member = (new Provenance
            {
                Source = "mined",
                DocumentId = id,
                DocumentVersion = document.Attributes.GetValueOrDefault("version") ?? document.Attributes.GetValueOrDefault("updated"),
                Time = time,
            }, []);
        }

        bool authored = known && member.Parts.Count == 0;
        member.Parts.Add(ranker.Part);
        var scores = new SortedDictionary<string, double>(member.Provenance.Scores.ToDictionary(), StringComparer.Ordinal) { [$"{ranker.Part}_rank"] = rank };
        member.Provenance = member.Provenance with { Scores = scores };
        if (!authored && member.Provenance.Rule?.StartsWith(GateSetRules.PooledFrom, StringComparison.Ordinal) != false)
        {
            member.Provenance = member.Provenance with
            {
                Rule = GateSetRules.PooledFrom + string.Join(", ", member.Parts),
                Space = member.Provenance.Space ?? ranker.Space,
                Rank = Math.Min(rank, member.Provenance.Rank ?? int.MaxValue),
            };
        }

        _members[id] = member;
    }

    private bool Admits(string id, bool authored)
    {
        if (_right.Contains(id))
        {
            return false;
        }

        var candidate = _corpus[id];
        string? reason = _right.Any(right => _clusters.AreNearDuplicates(id, right) && !DocumentVariants.Differ(candidate, _corpus[right])) ? "near-duplicate of a positive"
            : !authored && !_judgedWrong.Contains(id) && _answer is not null && FoldKeys.Of(candidate.Content).Contains(_answer, StringComparison.Ordinal) ? "holds the answer"
            : null;
        if (reason is not null)
        {
            _leftOut[id] = reason;
        }

        return reason is null;
    }
}
