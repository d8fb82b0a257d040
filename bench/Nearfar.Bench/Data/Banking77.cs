using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Text;
using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Data;

/// <summary>Intent retrieval: questions to questions of the same intent. Documents are training texts, relevant are those of the question's intent.</summary>
/// <remarks>
/// Two preparations. <c>data/</c>: the training texts with md5 mod 10 = 1 become dev questions and are neither documents nor trained on, since
/// a dev question that stands in the corpus would find itself. <c>data/everything/</c>: all training texts are documents and trained on, no dev.
/// The gate's questions are the published test part in both. The 7 test texts that stand among the training texts too stay documents, as
/// published, but nothing is trained on them.
/// </remarks>
internal static class Banking77
{
    private const int Partners = 4;
    private const int NegativesOfEach = 5;

    public static async Task PrepareAsync(string root, string folder, CancellationToken cancellationToken)
    {
        Row[] all = [.. DataRows.Read(Path.Combine(root, "intents", "banking77.jsonl.gz")).Select(r => new Row(r["id"], r["text"], r["intent"], r["split"] == "test"))];
        Row[] train = [.. all.Where(r => !r.Test)];
        Row[] test = [.. all.Where(r => r.Test)];
        Row[] dev = [.. train.Where(r => DataRows.Fold(r.Text, 10) == 1)];
        var encoder = StaticEncoder.Load(Path.Combine(root, "models", "potion-base-4M-int8"));
        Row[] kept = [.. train.Except(dev)];
        await WriteAsync(folder, kept, kept, dev, test, encoder, cancellationToken);
        await WriteAsync(Path.Combine(folder, "everything"), train, train, [], test, encoder, cancellationToken);
    }

    private static async Task WriteAsync(string folder, Row[] documents, Row[] train, Row[] dev, Row[] test, StaticEncoder encoder, CancellationToken cancellationToken)
    {
        var corpus = new Corpus(documents.Select(r => new Document
        {
            Id = r.Id,
            Text = r.Text,
            Attributes = new Dictionary<string, string>(StringComparer.Ordinal) { ["intent"] = r.Intent },
        }));
        DocumentFile.Write(Path.Combine(folder, "corpus.jsonl"), corpus.Documents);
        var heldOut = test.Concat(dev).Select(r => FoldKeys.Of(r.Text)).ToHashSet(StringComparer.Ordinal);
        Pair[] pairs = [.. Pairs([.. train.Where(r => !heldOut.Contains(FoldKeys.Of(r.Text)))])];
        PairFile.Write(Path.Combine(folder, "train.jsonl"), pairs);
        PairFile.Write(Path.Combine(folder, "train-plain.jsonl"), pairs.Select(p => p with { QueryId = null }));
        foreach (var (name, part) in new[] { ("dev", dev), ("gate", test) }.Where(p => p.Item2.Length > 0))
        {
            PairFile.Write(Path.Combine(folder, name + ".jsonl"), await JudgedAsync(part, documents, corpus, encoder, cancellationToken));
        }
    }

    // Four random texts of the same intent for each text. The intent as the question's identity: texts of one intent are no negatives of each other.
    private static IEnumerable<Pair> Pairs(Row[] train)
    {
        var partners = train.ToDictionary(r => r.Id, _ => new List<string>(), StringComparer.Ordinal);
        foreach (var intent in train.GroupBy(r => r.Intent, StringComparer.Ordinal))
        {
            Row[] rows = [.. intent];
            int[] order = [.. Enumerable.Range(0, rows.Length)];
            for (int i = 0; i < Partners; i++)
            {
                SeededRandom.For(1, i, intent.Key).Shuffle(order);
                for (int r = 0; r < rows.Length; r++)
                {
                    if (rows[r].Text != rows[order[r]].Text)
                    {
                        partners[rows[r].Id].Add(rows[order[r]].Id);
                    }
                }
            }
        }

        return train.Where(r => partners[r.Id].Count > 0).Select(r => new Pair
        {
            Id = r.Id,
            Query = r.Text,
            QueryId = r.Intent,
            PositiveIds = [.. partners[r.Id].Distinct(StringComparer.Ordinal)],
            Provenance = new Provenance { Source = "human" },
        });
    }

    // Negatives of the margin: the nearest texts of other intents by BM25 and by the untrained encoder; no candidate has a say.
    private static async Task<IReadOnlyList<Pair>> JudgedAsync(Row[] questions, Row[] documents, Corpus corpus, StaticEncoder encoder, CancellationToken cancellationToken)
    {
        string[] texts = [.. questions.Select(q => q.Text)];
        IRanker[] rankers = [new Bm25Index(corpus), await VectorRanker.CreateAsync(encoder, corpus, cancellationToken)];
        var ranked = new List<IReadOnlyList<IReadOnlyList<Hit>>>();
        foreach (var ranker in rankers)
        {
            ranked.Add(await ranker.RankAsync(texts, 500, cancellationToken));
        }

        var byIntent = documents.ToLookup(d => d.Intent, d => d.Id, StringComparer.Ordinal);
        return [.. questions.Select((q, i) => new Pair
        {
            Id = q.Id,
            Query = q.Text,
            PositiveIds = [.. byIntent[q.Intent]],
            HardNegatives = [.. ranked.SelectMany(r => r[i].Where(h => documents[h.Document].Intent != q.Intent).Take(NegativesOfEach))
                .Select(h => documents[h.Document].Id).Distinct(StringComparer.Ordinal).Select(id => new HardNegative(id))],
            Cohorts = new Dictionary<string, string>(StringComparer.Ordinal) { ["intent"] = q.Intent },
        })];
    }

    private sealed record Row(string Id, string Text, string Intent, bool Test);
}
