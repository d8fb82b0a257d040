using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Mining;

/// <summary>The mean score of unrelated texts: where the scale of a ratio begins.</summary>
internal static class BackgroundSimilarity
{
    private const int Pairs = 10_000;
    private const int TeacherQueries = 64;
    private const int TeacherDocuments = 4;

    /// <summary>Mean similarity of random pairs; a text without known token has no similarity.</summary>
    public static double Of(Rows<float> queries, Rows<float> documents, ulong seed)
    {
        var random = new SeededRandom(seed);
        double sum = 0;
        int pairs = 0;
        for (int i = 0; i < Pairs; i++)
        {
            ReadOnlySpan<float> query = queries[random.Below(queries.Count)], document = documents[random.Below(documents.Count)];
            if (query.ContainsAnyExcept(0f) && document.ContainsAnyExcept(0f))
            {
                sum += FlatIndex.Similarity(query, document);
                pairs++;
            }
        }

        return pairs == 0 ? 0 : sum / pairs;
    }

    /// <summary>The same for a teacher, over few pairs: its answers may be dear.</summary>
    public static async Task<double> OfAsync(AskedTeacher teacher, IReadOnlyList<string> queries, Corpus corpus, ulong seed, CancellationToken cancellationToken)
    {
        var random = SeededRandom.For(seed, 0, "teacher background");
        double sum = 0;
        int pairs = 0;
        for (int i = 0; i < TeacherQueries; i++)
        {
            int[] documents = [.. Enumerable.Range(0, TeacherDocuments).Select(_ => random.Below(corpus.Count))];
            foreach (double? score in await teacher.ScoreAsync(queries[random.Below(queries.Count)], documents, cancellationToken).ConfigureAwait(false))
            {
                sum += score ?? 0;
                pairs += score is null ? 0 : 1;
            }
        }

        return pairs == 0 ? 0 : sum / pairs;
    }
}
