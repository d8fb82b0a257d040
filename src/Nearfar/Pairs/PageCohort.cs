namespace Nearfar.Pairs;

/// <summary>The built-in cohort <c>page</c>: whether training saw the cluster of a question's documents.</summary>
internal sealed class PageCohort
{
    public const string Attribute = "page";
    public const string Known = "known";
    public const string New = "new";

    private readonly HashSet<string> _trained = new(StringComparer.Ordinal);
    private readonly DocumentClusters _clusters;

    private PageCohort(DocumentClusters clusters) => _clusters = clusters;

    public static CohortRule Rule { get; } = new() { Attribute = Attribute };

    public static PageCohort Of(DocumentClusters clusters, Corpus corpus, IReadOnlyList<Pair> train)
    {
        var pages = new PageCohort(clusters);
        foreach (string id in train.SelectMany(p => p.PositiveIds).Where(id => corpus.TryGetIndex(id, out _)))
        {
            pages._trained.Add(clusters.ClusterOf(id));
        }

        return pages;
    }

    public string ValueOf(IEnumerable<string> positiveIds) => positiveIds.Any(id => _trained.Contains(_clusters.ClusterOf(id))) ? Known : New;
}
