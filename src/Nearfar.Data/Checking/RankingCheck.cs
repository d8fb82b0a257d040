using System.Globalization;
using Nearfar.Evaluation.Geometry;
using Nearfar.Pairs;
using Nearfar.Search;

namespace Nearfar.Data.Checking;

/// <summary>What only a ranking of the corpus shows: positives that nobody finds, negatives above the positive, hubs.</summary>
internal sealed class RankingCheck(WorkspaceRows rows, CheckRankers rankers, string corpusPath, FindingList findings)
{
    private const int Block = 1024;
    private const int HubDepth = 10;
    private const int TimesTheMean = 5;
    private readonly Dictionary<int, int> _found = [];
    private long _hubQuestions;

    /// <summary>Positives are looked for in the first 1,000 documents; of a corpus below 4,000 in its first quarter.</summary>
    public static int Depth(int documents) => Math.Clamp(documents / 4, Math.Min(documents, HubDepth), 1000);

    public void Run(Action<string> progress, CancellationToken cancellationToken)
    {
        foreach (var (name, set) in new[] { ("train", rows.Train), ("dev", rows.Dev), ("gate", rows.Gate) })
        {
            for (int start = 0; start < (set?.Rows.Count ?? 0); start += Block)
            {
                progress($"ranking {name}, question {start + 1} of {set!.Rows.Count}");
                Rank(set, start, Math.Min(Block, set.Rows.Count - start), countsHubs: name != "gate", cancellationToken);
            }
        }

        Hubs();
    }

    private void Rank(RowSet<Pair> set, int start, int count, bool countsHubs, CancellationToken cancellationToken)
    {
        string[] queries = [.. Enumerable.Range(start, count).Select(i => set.Rows[i].Query)];
        int depth = Depth(rows.Corpus.Count);
        var words = rankers.Words.RankAsync(queries, depth, cancellationToken).AsTask().GetAwaiter().GetResult();
        var vectors = rankers.Vectors.RankAsync(queries, depth, cancellationToken).AsTask().GetAwaiter().GetResult();
        for (int q = 0; q < count; q++)
        {
            var right = Positions(set.Rows[start + q].PositiveIds);
            Unfound(set, start + q, right, words[q], vectors[q], depth);
            Outranked(set, start + q, right, words[q]);
            if (countsHubs)
            {
                Count(right, vectors[q]);
            }
        }
    }

    private HashSet<int> Positions(IEnumerable<string> ids) => [.. ids.Select(id => rows.Corpus.TryGetIndex(id, out int i) ? i : -1)];

    private void Unfound(RowSet<Pair> set, int i, HashSet<int> right, IReadOnlyList<Hit> words, IReadOnlyList<Hit> vectors, int depth)
    {
        if (!words.Any(h => right.Contains(h.Document)) && !vectors.Any(h => right.Contains(h.Document)))
        {
            findings.Warning("unfound-positive", set.PathOf(i), set.Lines[i],
                $"Neither keyword search nor {rankers.EncoderName} finds \"{set.Rows[i].PositiveIds[0]}\" among its first {depth} documents for \"{set.Rows[i].Query}\".",
                "Look whether the page answers the question; if it does, this is what training is for.");
        }
    }

    private void Outranked(RowSet<Pair> set, int i, HashSet<int> right, IReadOnlyList<Hit> words)
    {
        int best = words.Select((h, rank) => (h, rank)).Where(x => right.Contains(x.h.Document)).Select(x => x.rank).DefaultIfEmpty(words.Count).First();
        var wrong = Positions(set.Rows[i].HardNegatives.Select(n => n.DocumentId));
        for (int rank = 0; rank < best; rank++)
        {
            if (wrong.Contains(words[rank].Document))
            {
                string positive = best == words.Count ? "does not find the positive" : string.Create(CultureInfo.InvariantCulture, $"has the positive at rank {best + 1}");
                findings.Information("negative-above-positive", set.PathOf(i), set.Lines[i], string.Create(CultureInfo.InvariantCulture,
                    $"Keyword search has negative \"{rows.Corpus.Documents[words[rank].Document].Id}\" at rank {rank + 1} and {positive}, for \"{set.Rows[i].Query}\"."),
                    "A hard negative, or a right answer that nobody marked: look at a few.");
                return;
            }
        }
    }

    // A page that many questions are about is found often and rightly: its own questions do not count.
    private void Count(HashSet<int> right, IReadOnlyList<Hit> hits)
    {
        _hubQuestions++;
        foreach (var hit in hits.Take(HubDepth).Where(h => !right.Contains(h.Document)))
        {
            _found[hit.Document] = _found.GetValueOrDefault(hit.Document) + 1;
        }
    }

    private void Hubs()
    {
        if (HubCounts.Figures(_found.Values, rows.Corpus.Count, HubDepth) is not { } figures)
        {
            return;
        }

        double mean = _found.Values.Sum() / (double)rows.Corpus.Count;
        double limit = Math.Max(2 * HubDepth, TimesTheMean * mean);
        var hubs = _found.Where(f => f.Value >= limit).OrderByDescending(f => f.Value).ThenBy(f => rows.Corpus.Documents[f.Key].Id, Utf8Order.Ascending).ToList();
        findings.Information("hubs", corpusPath, string.Create(CultureInfo.InvariantCulture,
            $"By {rankers.EncoderName}, skewness of how often a document is among the first {HubDepth} of a question that it does not answer: {figures[0]:0.00} (train and dev); {hubs.Count} documents are hubs, {figures[2]:P0} are never found so."));
        foreach (var (document, times) in hubs)
        {
            findings.Warning("hub", corpusPath, rows.CorpusLines[document], string.Create(CultureInfo.InvariantCulture,
                $"Document \"{rows.Corpus.Documents[document].Id}\" is among the first {HubDepth} of {times} of {_hubQuestions} questions that it does not answer ({mean:0.0} is the mean)."),
                "Look whether it is an index page or boilerplate; split it or leave it out. Mining caps hubs by mining.per_document.");
        }
    }
}
