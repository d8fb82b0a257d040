using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Data.Init;

/// <summary>
/// Splits questions into train, dev and gate. A cluster of documents whose fold lies below the limit is held out whole (new pages); of the
/// others, a share of the questions is held out as long as another question of the cluster stays in training (known pages).
/// </summary>
internal sealed class QuestionSplit
{
    private const double LargestHeldOut = 0.05;
    private readonly InitDraft _draft;
    private readonly InitOptions _options;
    private readonly DocumentClusters _clusters;
    private readonly NearDuplicateIndex _heldOut = new();
    private readonly HashSet<string> _heldOutKeys = new(StringComparer.Ordinal);
    private readonly HashSet<string> _sentenceClusters = new(StringComparer.Ordinal);
    private readonly HashSet<string> _knownClusters = new(StringComparer.Ordinal);

    public QuestionSplit(InitDraft draft, DocumentClusters clusters, InitOptions options)
    {
        _draft = draft;
        _clusters = clusters;
        _options = options;
        Gate.AddRange(draft.FixedGate);
        _sentenceClusters.UnionWith(draft.Sentences.Select(ClusterOf));
    }

    public List<Pair> Train { get; } = [];

    public List<Pair> Dev { get; } = [];

    public List<Pair> Gate { get; } = [];

    /// <exception cref="NearfarException">Too few questions for three sets.</exception>
    public void Run()
    {
        var groups = Groups();
        Assign(groups);
        Gate.ForEach(p => HoldOut(p.Query));
        Dev.RemoveAll(p => IsHeldOut(p.Query));
        Dev.ForEach(p => HoldOut(p.Query));

        Train.RemoveAll(p => IsHeldOut(p.Query)); // a fixed gate, and near-duplicates that no group held together
        AddSentences();
        if (Train.Count == 0 || Dev.Count == 0 || Gate.Count == 0)
        {
            throw new NearfarException($"The source gives {_draft.Questions.Count} questions on {groups.Count} independent pages, too few for train, dev and gate. Add pages or questions; about 50 are a start.");
        }
    }

    // Questions that must not be parted: those on one cluster of documents, and near-duplicates of each other.
    private List<Group> Groups()
    {
        var questions = _draft.Questions;
        var union = new UnionFind(questions.Count);
        var byCluster = new Dictionary<string, int>(StringComparer.Ordinal);
        var near = new NearDuplicateIndex();
        for (int i = 0; i < questions.Count; i++)
        {
            string cluster = _clusters.ClusterOf(questions[i].PositiveIds[0]);
            if (!byCluster.TryAdd(cluster, i))
            {
                union.Union(byCluster[cluster], i);
            }

            var shingles = Shingles.Of(questions[i].Query);
            foreach (int other in near.Find(shingles))
            {
                union.Union(other, i);
            }

            near.Add(shingles);
        }

        return [.. Enumerable.Range(0, questions.Count).GroupBy(union.Find).Select(g => new Group([.. g.Select(i => questions[i])], _clusters))
            .OrderBy(g => g.Fold).ThenBy(g => g.Name, StringComparer.Ordinal)];
    }

    private void Assign(List<Group> groups)
    {
        // Half of what is held out is on new pages where the source has fixed no gate; a cluster that holds much of everything stays in training.
        double gate = _draft.FixedGate.Count > 0 ? 0 : _options.GateShare / 2;
        double dev = gate + (_options.DevShare / 2);
        var trained = new List<Group>();
        foreach (var group in groups)
        {
            bool large = group.Questions.Count > Math.Max(2, LargestHeldOut * _draft.Questions.Count);
            if (!large && group.Fold < dev)
            {
                (group.Fold < gate ? Gate : Dev).AddRange(group.Questions);
            }
            else
            {
                trained.Add(group);
            }
        }

        // Small sources: the groups of the lowest folds, so that a set is never empty.
        foreach (var set in new[] { Gate, Dev }.Where(s => s.Count == 0 && trained.Count > 1))
        {
            var lowest = trained.MinBy(g => (g.Questions.Count, g.Fold))!;
            set.AddRange(lowest.Questions);
            trained.Remove(lowest);
        }

        foreach (var group in trained)
        {
            AssignKnown(group);
        }
    }

    private void AssignKnown(Group group)
    {
        double gate = _draft.FixedGate.Count > 0 ? 0 : _options.GateShare / 2;
        double dev = gate + (_options.DevShare / 2);
        var drawn = group.Questions
            .Select(q => (Pair: q, Shingles: Shingles.Of(q.Query), Fraction: DocumentClusters.FractionOf("question " + FoldKeys.Of(q.Query)))).ToList();
        var kept = drawn.Where(q => q.Fraction >= dev).ToList();
        foreach (var question in drawn.Where(q => q.Fraction < dev))
        {
            // A held-out question on a known page needs another training question there, and no near-duplicate of its own in training.
            string cluster = ClusterOf(question.Pair);
            bool parted = kept.All(k => !Shingles.AreNear(k.Shingles, question.Shingles));
            bool known = _sentenceClusters.Contains(cluster) || kept.Any(k => ClusterOf(k.Pair) == cluster);
            if (!parted || !known)
            {
                kept.Add(question);
                continue;
            }

            _knownClusters.Add(cluster);
            (question.Fraction < gate ? Gate : Dev).Add(question.Pair);
        }

        Train.AddRange(kept.Select(k => k.Pair));
    }

    private string ClusterOf(Pair pair) => _clusters.ClusterOf(pair.PositiveIds[0]);

    private void AddSentences()
    {
        var trained = Train.Select(ClusterOf).ToHashSet(StringComparer.Ordinal);
        foreach (var sentence in _draft.Sentences)
        {
            string cluster = ClusterOf(sentence);
            bool wanted = trained.Contains(cluster) ? _draft.TrainsOnAllSentences : _knownClusters.Contains(cluster);
            if (wanted && !IsHeldOut(sentence.Query))
            {
                Train.Add(sentence);
            }
        }
    }

    private bool IsHeldOut(string query) => _heldOutKeys.Contains(FoldKeys.Of(query)) || _heldOut.Find(Shingles.Of(query)).Count > 0;

    private void HoldOut(string query)
    {
        if (_heldOutKeys.Add(FoldKeys.Of(query)))
        {
            _heldOut.Add(Shingles.Of(query));
        }
    }

    private sealed class Group
    {
        public Group(IReadOnlyList<Pair> questions, DocumentClusters clusters)
        {
            Questions = questions;
            Name = questions.Select(q => clusters.ClusterOf(q.PositiveIds[0])).Min(StringComparer.Ordinal)!;
            Fold = DocumentClusters.FractionOf(Name);
        }

        public IReadOnlyList<Pair> Questions { get; }

        public string Name { get; }

        public double Fold { get; }
    }
}
