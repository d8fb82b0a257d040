using System.Globalization;
using System.Numerics.Tensors;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Data.Checking;

/// <summary>Given negatives that are no nearer than chance: their margin exceeds the similarity that 99 % of random question-document pairs stay below.</summary>
internal sealed class EasyNegativeCheck(WorkspaceRows rows, CheckRankers rankers, ulong seed, FindingList findings)
{
    private const int RandomPairs = 10_000;

    public void Run(CancellationToken cancellationToken)
    {
        foreach (var set in new[] { rows.Train, rows.Dev }.OfType<RowSet<Pair>>())
        {
            int[] judged = [.. Enumerable.Range(0, set.Rows.Count).Where(i => set.Rows[i].HardNegatives.Count > 0)];
            if (judged.Length > 0)
            {
                Check(set, judged, cancellationToken);
            }
        }
    }

    private void Check(RowSet<Pair> set, int[] judged, CancellationToken cancellationToken)
    {
        var documents = rankers.Encode([.. rows.Corpus.Documents.Select(d => d.Content)], TextRole.Document, cancellationToken);
        var queries = rankers.Encode([.. judged.Select(i => set.Rows[i].Query)], TextRole.Query, cancellationToken);
        if (Limit(set, judged, queries, documents) is not { } limit)
        {
            return;
        }

        long all = 0, easy = 0;
        for (int q = 0; q < judged.Length; q++)
        {
            var row = set.Rows[judged[q]];
            float right = Similarity(queries, q, documents, row.PositiveIds[0]);
            foreach (var negative in row.HardNegatives)
            {
                double margin = right - Similarity(queries, q, documents, negative.DocumentId);
                all++;
                if (margin > limit)
                {
                    easy++;
                    findings.Information("easy-negative", set.PathOf(judged[q]), set.Lines[judged[q]], string.Create(CultureInfo.InvariantCulture,
                        $"Negative \"{negative.DocumentId}\" of row \"{row.Id}\" is {margin:0.00} below the positive; only 1 % of random pairs are more alike than {limit:0.00}."),
                        "It teaches little. Nearer ones: nearfar mine.");
                }
            }
        }

        Summarise(set, all, easy);
    }

    private void Summarise(RowSet<Pair> set, long all, long easy)
    {
        string message = string.Create(CultureInfo.InvariantCulture, $"{easy} of {all} given negatives are easy by {rankers.EncoderName}.");
        if (2 * easy > all)
        {
            findings.Warning("easy-negatives", set.Path, 0, message, "Margins on them flatter, and training learns little from them. Nearer ones: nearfar mine.");
        }
        else
        {
            findings.Information("easy-negatives", set.Path, message);
        }
    }

    // The 99 % quantile of similarities between questions and documents that are not theirs.
    private double? Limit(RowSet<Pair> set, int[] judged, Rows<float> queries, Rows<float> documents)
    {
        var random = SeededRandom.For(seed, 0, "easy negatives");
        var similarities = new List<double>(RandomPairs);
        for (int attempt = 0; attempt < 10 * RandomPairs && similarities.Count < RandomPairs; attempt++)
        {
            int q = random.Below(judged.Length);
            int d = random.Below(documents.Count);
            if (!set.Rows[judged[q]].PositiveIds.Contains(rows.Corpus.Documents[d].Id, StringComparer.Ordinal))
            {
                similarities.Add(TensorPrimitives.Dot<float>(queries[q], documents[d]));
            }
        }

        similarities.Sort();
        return similarities.Count < RandomPairs ? null : similarities[RandomPairs * 99 / 100];
    }

    private float Similarity(Rows<float> queries, int q, Rows<float> documents, string id) =>
        TensorPrimitives.Dot<float>(queries[q], documents[rows.Corpus.TryGetIndex(id, out int i) ? i : throw new NearfarException($"No document \"{id}\".")]);
}
