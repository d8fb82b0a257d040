using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>How much of what exact search finds an index finds.</summary>
public static class IndexRecall
{
    /// <summary>Recall@k against exact search over the same documents, mean over queries that find anything.</summary>
    /// <param name="index">With its own choice of candidates.</param>
    /// <param name="exact">Over the same vectors.</param>
    /// <param name="queries">[Q, D] unit rows.</param>
    /// <param name="k">At least 1.</param>
    /// <param name="cancellationToken">Stops between blocks.</param>
    /// <exception cref="NearfarException">No query finds anything: nothing to measure.</exception>
    public static double Of(IVectorIndex index, IVectorIndex exact, Rows<float> queries, int k, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(exact);
        var space = exact.Vectors.Space.QuerySpace;
        var found = index.Search(queries, space, k, cancellationToken);
        double sum = 0;
        int count = 0;
        foreach (var (right, hits) in exact.Search(queries, space, k, cancellationToken).Zip(found))
        {
            if (right.Count > 0)
            {
                var wanted = right.Select(h => h.Document).ToHashSet();
                sum += hits.Count(h => wanted.Contains(h.Document)) / (double)right.Count;
                count++;
            }
        }

        return count > 0 ? sum / count : throw new NearfarException("No query finds a document; wanted at least one that does, to measure recall.");
    }
}
