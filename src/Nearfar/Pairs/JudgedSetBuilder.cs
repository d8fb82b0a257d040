namespace Nearfar.Pairs;

/// <summary>Makes held-out sets of rows: folds repeated questions, resolves cohorts and clusters, hashes what was judged.</summary>
public sealed class JudgedSetBuilder
{
    private readonly Corpus _corpus;
    private readonly DocumentClusters _clusters;

    /// <param name="corpus">Holds every document that the rows name.</param>
    /// <param name="clusters">Of the same corpus.</param>
    public JudgedSetBuilder(Corpus corpus, DocumentClusters clusters)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(clusters);
        _corpus = corpus;
        _clusters = clusters;
    }

    /// <summary>The declared cohorts; <c>page</c> is added when <see cref="Train"/> is set. Default none.</summary>
    public IReadOnlyList<CohortRule> Rules { get; init; } = [];

    /// <summary>The day to which document ages are counted.</summary>
    public DateOnly? AsOf { get; init; }

    /// <summary>
    /// Training pairs: a question whose positives all lie in clusters without a training positive has the cohort <c>page = new</c>, any other
    /// <c>page = known</c>. Null: no <c>page</c> cohort.
    /// </summary>
    public IReadOnlyList<Pair>? Train { get; init; }

    /// <summary>A set for model selection.</summary>
    /// <param name="rows">At least one.</param>
    /// <exception cref="NearfarException">Rows name documents that the corpus lacks, contradict each other, or have unreadable cohorts: all in one message.</exception>
    public DevSet Dev(RowSet<Pair> rows)
    {
        var (queries, texts, beside, rules, hash) = Build(rows);
        return new DevSet("dev", _corpus, queries, rules, AsOf, hash, texts, beside);
    }

    /// <summary>A set for model selection, of rows in memory.</summary>
    /// <param name="rows">At least one.</param>
    /// <exception cref="NearfarException">As the other overload; rows are named by their number.</exception>
    public DevSet Dev(IReadOnlyList<Pair> rows) => Dev(InMemory("dev", rows));

    /// <summary>The frozen set of the release gate.</summary>
    /// <param name="rows">At least one.</param>
    /// <exception cref="NearfarException">Rows name documents that the corpus lacks, contradict each other, or have unreadable cohorts: all in one message.</exception>
    public GateSet Gate(RowSet<Pair> rows)
    {
        var (queries, texts, beside, rules, hash) = Build(rows);
        return new GateSet("gate", _corpus, queries, rules, AsOf, hash, texts, beside);
    }

    /// <summary>The frozen set of the release gate, of rows in memory.</summary>
    /// <param name="rows">At least one.</param>
    /// <exception cref="NearfarException">As the other overload; rows are named by their number.</exception>
    public GateSet Gate(IReadOnlyList<Pair> rows) => Gate(InMemory("gate", rows));

    private static RowSet<Pair> InMemory(string name, IReadOnlyList<Pair> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return new RowSet<Pair>($"({name} rows)", rows, [.. Enumerable.Range(1, rows.Count).Select(i => (long)i)]);
    }

    internal Corpus Corpus => _corpus;

    internal DocumentClusters Clusters => _clusters;

    private (List<JudgedQuery> Queries, List<string> Texts, List<string> Beside, IReadOnlyList<CohortRule> Rules, string Hash) Build(RowSet<Pair> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var problems = new ProblemList();
        if (rows.Rows.Count == 0)
        {
            problems.Add(rows.Path, 0, "holds no rows; a held-out set needs at least one question");
        }

        var folds = Fold(rows, problems);
        var pages = Train is null ? null : PageCohort.Of(_clusters, _corpus, Train);
        var resolver = new CohortResolver([.. Rules.Where(r => r.Attribute != PageCohort.Attribute)], AsOf);
        var queries = new List<JudgedQuery>(folds.Count);
        foreach (var fold in folds)
        {
            if (fold.Judge(_corpus, _clusters, resolver, pages, problems) is { } query)
            {
                queries.Add(query);
            }
        }

        problems.ThrowIfAny();
        var rules = pages is null || Rules.Any(r => r.Attribute == PageCohort.Attribute) ? Rules : [.. Rules, PageCohort.Rule];
        return (queries, [.. folds.SelectMany(f => f.Texts)], Beside(queries), rules, JudgedSetHash.Of(queries, _corpus, Rules, AsOf));
    }

    // Every document of a cluster that holds the answer of a question on a new page.
    private List<string> Beside(List<JudgedQuery> queries)
    {
        var clusters = queries.Where(q => q.Cohorts.GetValueOrDefault(PageCohort.Attribute) == PageCohort.New)
            .SelectMany(q => q.Relevance.Where(r => r.Value > 0).Select(r => _clusters.ClusterOf(r.Key))).ToHashSet(StringComparer.Ordinal);
        return clusters.Count == 0 ? [] : [.. _corpus.Documents.Select(d => d.Id).Where(id => clusters.Contains(_clusters.ClusterOf(id)))];
    }

    private List<QuestionFold> Fold(RowSet<Pair> rows, ProblemList problems)
    {
        var folds = new List<QuestionFold>();
        var byKey = new Dictionary<string, QuestionFold>(StringComparer.Ordinal);
        for (int i = 0; i < rows.Rows.Count; i++)
        {
            var row = rows.Rows[i];
            bool complete = true;
            foreach (string id in QuestionFold.Named(row).Where(id => !_corpus.TryGetIndex(id, out _)))
            {
                problems.Add(rows.Path, rows.Lines[i], $"row \"{row.Id}\" names document \"{id}\", which the corpus lacks. Add the document, or mend the id.");
                complete = false;
            }

            if (row.PositiveIds.Count == 0)
            {
                problems.Add(rows.Path, rows.Lines[i], $"row \"{row.Id}\" has no positive.");
                complete = false;
            }

            if (!complete)
            {
                continue;
            }

            if (!byKey.TryGetValue(row.FoldKey, out var fold))
            {
                byKey[row.FoldKey] = fold = new QuestionFold(rows.Path, rows.Lines[i], row);
                folds.Add(fold);
            }

            fold.Add(row, rows.Lines[i], problems);
        }

        return folds;
    }
}
