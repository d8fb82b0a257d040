using Nearfar.Pairs;

namespace Nearfar.Evaluation;

/// <summary>Draws the random pairs of a scale fingerprint.</summary>
internal static class Background
{
    /// <summary>Null when no unrelated pair of non-zero rows can be drawn.</summary>
    /// <remarks>Drawn over ids in byte order, so that the order of rows in the files does not matter.</remarks>
    public static ScaleFingerprint? Draw(EncodedSet rows, JudgedSet set, int[] tiePlaces, EvaluationOptions options)
    {
        int[] queries = [.. Enumerable.Range(0, rows.QueryCount).Where(q => !ExactSearch.IsZero(rows.Query(q)))
            .OrderBy(q => set.Queries[q].Id, Search.Utf8Order.Ascending)];
        int[] documents = [.. Enumerable.Range(0, rows.DocumentCount).Where(d => !ExactSearch.IsZero(rows.Document(d))).OrderBy(d => tiePlaces[d])];
        if (queries.Length == 0 || documents.Length == 0)
        {
            return null;
        }

        var random = new Xoshiro256(options.Seed);
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
