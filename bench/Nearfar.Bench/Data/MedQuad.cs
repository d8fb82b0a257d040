using System.Globalization;
using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Bench.Data;

/// <summary>Medical question answering: documents are all distinct answers, split by md5 of the lower-cased focus: 0 gate, 1 dev, else train.</summary>
/// <remarks>
/// Answers are cut at 2,000 characters, all that BM25 reads; the encoder reads their first 256 tokens. A gate question's negatives are answers
/// to other kinds of question about the same focus. <c>train-everything.jsonl</c> holds the dev part's pairs too. <c>corpus-titles.jsonl</c> has the
/// focus of an answer's first row as its title: the questions name it, so that it is another and an easier task.
/// </remarks>
internal static class MedQuad
{
    private const int AnswerLength = 2000;

    public static Task PrepareAsync(string root, string folder, CancellationToken cancellationToken)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        var documents = new List<Document>();
        var titles = new List<string?>();
        var rows = new List<Row>();
        foreach (var r in DataRows.Read(Path.Combine(root, "retrieval", "medquad", "qa.jsonl.gz")))
        {
            cancellationToken.ThrowIfCancellationRequested();
            string focus = r["focus"].ToLowerInvariant();
            if (!ids.TryGetValue(r["answer"], out string? id))
            {
                ids.Add(r["answer"], id = "answer-" + documents.Count.ToString("00000", CultureInfo.InvariantCulture));
                titles.Add(string.IsNullOrWhiteSpace(r["focus"]) ? null : r["focus"]);
                documents.Add(new Document { Id = id, Text = Cut(r["answer"]), Attributes = new Dictionary<string, string>(StringComparer.Ordinal) { ["group"] = focus } });
            }

            rows.Add(new Row(r["question"], id, focus, r["qtype"], r["source"], DataRows.Fold(focus, 10)));
        }

        DocumentFile.Write(Path.Combine(folder, "corpus.jsonl"), documents);
        DocumentFile.Write(Path.Combine(folder, "corpus-titles.jsonl"), documents.Zip(titles, (document, title) => document with { Title = title }));
        var dev = Judged(rows, 1);
        var gate = Judged(rows, 0);
        PairFile.Write(Path.Combine(folder, "dev.jsonl"), dev);
        PairFile.Write(Path.Combine(folder, "gate.jsonl"), gate);
        PairFile.Write(Path.Combine(folder, "train.jsonl"), Pairs(rows.Where(r => r.Fold > 1), [.. gate, .. dev]));
        PairFile.Write(Path.Combine(folder, "train-everything.jsonl"), Pairs(rows.Where(r => r.Fold > 0), gate));
        return Task.CompletedTask;
    }

    private static string Cut(string answer) => answer.Length <= AnswerLength ? answer
        : answer[..(char.IsHighSurrogate(answer[AnswerLength - 1]) ? AnswerLength - 1 : AnswerLength)];

    private static IEnumerable<Pair> Pairs(IEnumerable<Row> rows, IReadOnlyList<Pair> heldOut)
    {
        var asked = heldOut.Select(p => p.FoldKey).ToHashSet(StringComparer.Ordinal);
        return rows.DistinctBy(r => (r.Question, r.Answer)).Where(r => !asked.Contains(FoldKeys.Of(r.Question))).Select((r, i) => new Pair
        {
            Id = "pair-" + i.ToString("00000", CultureInfo.InvariantCulture),
            Query = r.Question,
            PositiveIds = [r.Answer],
            Provenance = new Provenance { Source = "human", Intent = r.Kind },
        });
    }

    private static IReadOnlyList<Pair> Judged(List<Row> rows, int fold)
    {
        var byFocus = rows.ToLookup(r => r.Focus, StringComparer.Ordinal);
        return [.. rows.Where(r => r.Fold == fold).GroupBy(r => r.Question.ToLowerInvariant(), StringComparer.Ordinal).Select((question, i) =>
        {
            var first = question.First();
            string[] right = [.. question.Select(r => r.Answer).Distinct(StringComparer.Ordinal)];
            return new Pair
            {
                Id = "question-" + i.ToString("0000", CultureInfo.InvariantCulture),
                Query = first.Question,
                PositiveIds = right,
                HardNegatives = [.. byFocus[first.Focus].Where(r => r.Kind != first.Kind).Select(r => r.Answer).Except(right, StringComparer.Ordinal).Select(id => new HardNegative(id))],
                Cohorts = new Dictionary<string, string>(StringComparer.Ordinal) { ["source"] = first.Source, ["qtype"] = first.Kind },
            };
        })];
    }

    private sealed record Row(string Question, string Answer, string Focus, string Kind, string Source, int Fold);
}
