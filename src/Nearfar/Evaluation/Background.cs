using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Training.Sampling;

namespace Nearfar.Evaluation;

/// <summary>Similarities of random query-document pairs that are not relevant to each other: overall and for the queries of each cohort.</summary>
/// <remarks>Drawn over ids in byte order, so that the order of rows in the files does not matter. Each cohort has a stream of random numbers of its own.</remarks>
internal sealed class Background
{
    private const int CohortPairs = 10_000;
    private readonly double[] _sorted;
    private readonly Dictionary<(string Attribute, string Value), ScaleFingerprint> _cohorts;

    private Background(double[] sorted, ScaleFingerprint scale, Dictionary<(string, string), ScaleFingerprint> cohorts) =>
        (_sorted, Scale, _cohorts) = (sorted, scale, cohorts);

    public ScaleFingerprint Scale { get; }

    /// <summary>Share of the background below a similarity, equal ones counting 1/2.</summary>
    public double ShareBelow(double similarity) => SortedValues.Share(_sorted, similarity);

    /// <summary>Null when the cohort has no unrelated pair.</summary>
    public ScaleFingerprint? OfCohort(string attribute, string value) => _cohorts.GetValueOrDefault((attribute, value));

    /// <summary>Null when no unrelated pair of non-zero rows can be drawn.</summary>
    public static Background? Draw(EncodedSet rows, JudgedSet set, EvaluationOptions options, double? temperature)
    {
        int[] queries = [.. Enumerable.Range(0, rows.QueryCount).Where(q => !rows.QueryIsZero(q)).OrderBy(q => set.Queries[q].Id, Utf8Order.Ascending)];
        int[] documents = [.. Enumerable.Range(0, rows.DocumentCount).Where(d => !rows.DocumentIsZero(d)).OrderBy(d => set.Corpus.Documents[d].Id, Utf8Order.Ascending)];
        if (Similarities(rows, set, queries, documents, options.BackgroundPairs, new SeededRandom(options.Seed)) is not { } similarities)
        {
            return null;
        }

        double[] sorted = [.. similarities.Order()];
        var groups = Groups(set, queries);
        var scales = new ScaleFingerprint?[groups.Length];
        Parallel.For(0, groups.Length, g =>
        {
            var random = SeededRandom.For(options.Seed, 0, $"background {groups[g].Key.Attribute}={groups[g].Key.Value}");
            scales[g] = Similarities(rows, set, [.. groups[g]], documents, CohortPairs, random) is { } own
                ? ScaleFingerprint.Of(own, [.. own.Order()], options.Seed) with { Temperature = temperature }
                : null;
        });
        var cohorts = new Dictionary<(string, string), ScaleFingerprint>();
        for (int g = 0; g < groups.Length; g++)
        {
            if (scales[g] is { } scale)
            {
                cohorts[groups[g].Key] = scale;
            }
        }

        return new Background(sorted, ScaleFingerprint.Of(similarities, sorted, options.Seed) with { Temperature = temperature }, cohorts);
    }

    private static IGrouping<(string Attribute, string Value), int>[] Groups(JudgedSet set, int[] queries)
    {
        string[] attributes = [.. set.Queries.SelectMany(q => q.Cohorts.Keys).Distinct(StringComparer.Ordinal)];
        return [.. attributes.SelectMany(a => queries.GroupBy(q => (Attribute: a, Value: set.Queries[q].Cohorts.GetValueOrDefault(a, "(unknown)"))))];
    }

    private static double[]? Similarities(EncodedSet rows, JudgedSet set, int[] queries, int[] documents, int pairs, SeededRandom random)
    {
        if (queries.Length == 0 || documents.Length == 0)
        {
            return null;
        }

        double[] similarities = new double[pairs];
        int drawn = 0;
        for (long attempt = 0; drawn < pairs; attempt++)
        {
            if (attempt > 100L * pairs)
            {
                return null;        // (nearly) every document is relevant to every question: there is no background
            }

            int query = queries[random.Below(queries.Length)];
            int document = documents[random.Below(documents.Length)];
            if (!(set.Queries[query].Relevance.TryGetValue(set.Corpus.Documents[document].Id, out int grade) && grade >= 1))
            {
                similarities[drawn++] = rows.Similarity(query, document);
            }
        }

        return similarities;
    }
}
