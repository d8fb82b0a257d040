using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Text;
using Nearfar.Training.Sampling;

namespace Nearfar.Labels;

/// <summary>Questions chosen for judging, with the documents that several rankers found, in an order that tells nothing.</summary>
/// <remarks>
/// Pooling as TREC does it (Spärck Jones and van Rijsbergen 1975; Voorhees 2002): what no ranker found is not judged, and is not wrong for it.
/// Failed questions come first, then those on which the rankers disagree most: 1 - the shared part of their first documents, mean over all
/// pairs of rankers.
/// </remarks>
public sealed class LabelPool
{
    private LabelPool(IReadOnlyList<LabelRow> rows, int questions, int failed, int available) =>
        (Rows, Questions, Failed, Available) = (rows, questions, failed, available);

    /// <summary>Question by question, most wanted first.</summary>
    public IReadOnlyList<LabelRow> Rows { get; }

    /// <summary>Questions that were chosen.</summary>
    public int Questions { get; }

    /// <summary>How many of them failed.</summary>
    public int Failed { get; }

    /// <summary>Different questions that could have been chosen.</summary>
    public int Available { get; }

    /// <summary>Chooses and pools.</summary>
    /// <param name="questions">Repeated ones (equal but for case and white space) count once; one that failed anywhere has failed.</param>
    /// <param name="corpus">What the rankers rank.</param>
    /// <param name="rankers">At least one, each of the same corpus; keyword search, the current model, a candidate.</param>
    /// <param name="options">How many and how deep; null for the defaults.</param>
    /// <param name="cancellationToken">Stops between rankers.</param>
    /// <remarks>A question all of whose documents are judged is not chosen.</remarks>
    /// <exception cref="ArgumentException">Unsound options, or no ranker.</exception>
    public static async Task<LabelPool> BuildAsync(
        IReadOnlyList<LabelQuestion> questions, Corpus corpus, IReadOnlyList<IRanker> rankers, LabelOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(rankers);
        ArgumentOutOfRangeException.ThrowIfZero(rankers.Count, nameof(rankers));
        options ??= new LabelOptions();
        options.ThrowIfInvalid();
        LabelQuestion[] folded = [.. questions.GroupBy(q => FoldKeys.Of(q.Query), StringComparer.Ordinal)
            .Select(g => g.OrderByDescending(q => q.Failed).ThenBy(q => q.Id, Utf8Order.Ascending).First() with { Judged = g.SelectMany(q => q.Judged).ToHashSet(StringComparer.Ordinal) })];
        var rankings = new List<IReadOnlyList<IReadOnlyList<Hit>>>();
        foreach (var ranker in rankers)
        {
            rankings.Add(await ranker.RankAsync([.. folded.Select(q => q.Query)], options.Depth, cancellationToken).ConfigureAwait(false));
        }

        int[] chosen = [.. Enumerable.Range(0, folded.Length)
            .Where(q => rankings.Exists(r => r[q].Any(h => !folded[q].Judged.Contains(corpus.Documents[h.Document].Id))))
            .OrderByDescending(q => folded[q].Failed).ThenByDescending(q => Disagreement([.. rankings.Select(r => r[q])]))
            .ThenBy(q => folded[q].Id, Utf8Order.Ascending).Take(options.Questions)];
        string pool = string.Join(", ", rankers.Select(r => r.Name));
        return new LabelPool([.. chosen.SelectMany(q => RowsOf(folded[q], corpus, [.. rankings.Select(r => r[q])], pool, options.Seed))],
            chosen.Length, chosen.Count(q => folded[q].Failed), folded.Length);
    }

    /// <summary>0 when all rankers give the same documents, 1 when no two share any; order within the lists does not count.</summary>
    internal static double Disagreement(IReadOnlyList<Hit>[] lists)
    {
        double sum = 0;
        int pairs = 0;
        for (int a = 0; a < lists.Length; a++)
        {
            for (int b = 0; b < a; b++)
            {
                int longer = Math.Max(lists[a].Count, lists[b].Count);
                int shared = lists[a].Select(h => h.Document).Intersect(lists[b].Select(h => h.Document)).Count();
                sum += longer == 0 ? 0 : 1 - (shared / (double)longer);
                pairs++;
            }
        }

        return pairs == 0 ? 0 : sum / pairs;
    }

    // In id order first, so that the shuffle alone decides what is seen when.
    private static IEnumerable<LabelRow> RowsOf(LabelQuestion question, Corpus corpus, IReadOnlyList<Hit>[] lists, string pool, ulong seed)
    {
        Document[] documents = [.. lists.SelectMany(l => l).Select(h => h.Document).Distinct().Select(d => corpus.Documents[d]).Where(d => !question.Judged.Contains(d.Id)).OrderBy(d => d.Id, Utf8Order.Ascending)];
        int[] order = [.. Enumerable.Range(0, documents.Length)];
        SeededRandom.For(seed, 0, "labels of " + question.Id).Shuffle(order);
        return order.Select(i => new LabelRow
        {
            QuestionId = question.Id,
            Query = question.Query,
            DocumentId = documents[i].Id,
            Title = documents[i].Title,
            Text = documents[i].Text,
            Pool = pool,
        });
    }
}
