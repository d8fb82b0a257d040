using Nearfar.Pairs;
using Nearfar.Training.Sampling;

namespace Nearfar.Evaluation;

/// <summary>Draws the random pairs of a scale fingerprint.</summary>
internal static class Background
{
    /// <summary>Null when no unrelated pair of non-zero rows can be drawn.</summary>
    /// <remarks>Drawn over ids in byte order, so that the order of rows in the files does not matter.</remarks>
    public static ScaleFingerprint? Draw(EncodedSet rows, JudgedSet set, EvaluationOptions options)
    {
        int[] queries = [.. Enumerable.Range(0, rows.QueryCount).Where(q => !rows.QueryIsZero(q))
            .OrderBy(q => set.Queries[q].Id, Search.Utf8Order.Ascending)];
        int[] documents = [.. Enumerable.Range(0, rows.DocumentCount).Where(d => !rows.DocumentIsZero(d)).OrderBy(d => set.Corpus.Documents[d].Id, Search.Utf8Order.Ascending)];
        if (queries.Length == 0 || documents.Length == 0)
        {
            return null;
        }

        var random = new SeededRandom(options.Seed);
        double[] similarities = new double[options.BackgroundPairs];
        int drawn = 0;
        for (int attempt = 0; drawn < similarities.Length; attempt++)
        {
            if (attempt > 100L * similarities.Length)
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

        return ScaleFingerprint.Of(similarities, options.Seed);
    }
}
