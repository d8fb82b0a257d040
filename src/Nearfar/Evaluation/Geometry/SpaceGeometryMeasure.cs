using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Training.Sampling;

namespace Nearfar.Evaluation.Geometry;

/// <summary>Computes <see cref="SpaceGeometry"/> for a report.</summary>
internal static class SpaceGeometryMeasure
{
    private const int MostDocuments = 1000;

    public static SpaceGeometry Of(EncodedSet rows, JudgedSet set, IReadOnlyList<IReadOnlyList<Hit>> hits, EvaluationOptions options)
    {
        int[] queries = [.. Enumerable.Range(0, rows.QueryCount).OrderBy(q => set.Queries[q].Id, Utf8Order.Ascending)];
        int[] documents = [.. Enumerable.Range(0, rows.DocumentCount).Where(d => !rows.DocumentIsZero(d)).OrderBy(d => set.Corpus.Documents[d].Id, Utf8Order.Ascending)];
        int depth = Math.Min(10, options.Depth);
        var measures = new SortedDictionary<string, Estimate>(StringComparer.Ordinal);
        int[] sample = Sample(documents, options.Seed);
        Spread.AddTo(measures, [.. sample.Select(d => rows.Document(d).ToArray())]);
        Spectrum.AddTo(measures, [.. sample.Select(d => rows.Document(d).ToArray())]);
        QueryGeometry.AddTo(measures, rows, set, queries);
        var hubs = Hubness.AddTo(measures, set, queries, documents, hits, depth, options.Seed);
        return new SpaceGeometry { Sample = sample.Length, Seed = options.Seed, HubDepth = depth, Measures = measures, Hubs = hubs };
    }

    /// <summary>Without replacement; ascending by id, so that sums run in one order.</summary>
    private static int[] Sample(int[] documents, ulong seed)
    {
        int[] places = [.. Enumerable.Range(0, documents.Length)];
        SeededRandom.For(seed, 0, "geometry").Shuffle(places);
        return [.. places.Take(MostDocuments).Order().Select(p => documents[p])];
    }
}
