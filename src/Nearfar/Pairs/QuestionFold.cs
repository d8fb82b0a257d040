namespace Nearfar.Pairs;

/// <summary>The rows of one question, folded: positives are united, judgements that contradict each other are problems.</summary>
internal sealed class QuestionFold(string path, long line, Pair first)
{
    private readonly Dictionary<string, int> _relevance = new(StringComparer.Ordinal);
    private readonly HashSet<string> _stated = new(StringComparer.Ordinal);
    private readonly List<string> _negatives = [];
    private readonly List<string> _forbidden = [];

    /// <summary>Every wording of the question.</summary>
    public List<string> Texts { get; } = [];

    /// <summary>Every document a row names.</summary>
    public static IEnumerable<string> Named(Pair row) => row.PositiveIds
        .Concat(row.HardNegatives.Select(n => n.DocumentId)).Concat(row.ForbiddenIds).Concat(row.Relevance?.Keys ?? []).Distinct(StringComparer.Ordinal);

    public void Add(Pair row, long at, ProblemList problems)
    {
        Texts.Add(row.Query);
        foreach (var (id, grade) in (row.Relevance ?? new Dictionary<string, int>()).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            State(id, grade, at, problems);
        }

        foreach (string id in row.PositiveIds.Where(id => row.Relevance?.ContainsKey(id) != true))
        {
            if (!_relevance.TryAdd(id, 1) && _relevance[id] < 1)
            {
                problems.Add(path, at, $"question \"{row.Query}\": document \"{id}\" is a positive here and has relevance {_relevance[id]} on line {line} or behind it. Keep one judgement.");
            }
        }

        AddOnce(_negatives, row.HardNegatives.Select(n => n.DocumentId));
        AddOnce(_forbidden, row.ForbiddenIds);
    }

    /// <summary>The judged question, or null when its judgements contradict each other.</summary>
    public JudgedQuery? Judge(Corpus corpus, DocumentClusters clusters, CohortResolver resolver, PageCohort? pages, ProblemList problems)
    {
        long before = problems.Count;
        foreach (string id in _negatives.Concat(_forbidden).Distinct(StringComparer.Ordinal).Where(id => _relevance.GetValueOrDefault(id) > 0))
        {
            problems.Add(path, line, $"question \"{first.Query}\": document \"{id}\" is right in one row and wrong in another. Keep one judgement.");
        }

        string primary = first.PositiveIds[0];
        var cohorts = Cohorts(resolver, corpus[primary], problems);
        if (cohorts is null || problems.Count > before)
        {
            return null;
        }

        if (pages is not null)
        {
            cohorts[PageCohort.Attribute] = pages.ValueOf(_relevance.Where(r => r.Value > 0).Select(r => r.Key));
        }

        return new JudgedQuery
        {
            Id = first.Id,
            Query = first.Query,
            Relevance = _relevance,
            PrimaryId = primary,
            NegativeIds = _negatives,
            ForbiddenIds = _forbidden,
            Cohorts = cohorts,
            Cluster = clusters.ClusterOf(primary),
        };
    }

    private Dictionary<string, string>? Cohorts(CohortResolver resolver, Document primary, ProblemList problems)
    {
        try
        {
            return new Dictionary<string, string>(resolver.Resolve(first, primary), StringComparer.Ordinal);
        }
        catch (NearfarException e)
        {
            problems.Add(path, line, $"row \"{first.Id}\": {e.Message}");
            return null;
        }
    }

    // A stated grade wins over "a positive", which only says 1 or more.
    private void State(string id, int grade, long at, ProblemList problems)
    {
        bool stated = !_stated.Add(id);
        if (_relevance.TryGetValue(id, out int known) && (stated ? known != grade : grade < 1))
        {
            problems.Add(path, at, $"question \"{first.Query}\": document \"{id}\" has relevance {grade} here and {known} on line {line} or behind it. Keep one judgement.");
            return;
        }

        _relevance[id] = grade;
    }

    private static void AddOnce(List<string> list, IEnumerable<string> ids)
    {
        foreach (string id in ids)
        {
            if (!list.Contains(id, StringComparer.Ordinal))
            {
                list.Add(id);
            }
        }
    }
}
