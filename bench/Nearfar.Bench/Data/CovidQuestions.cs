using System.Globalization;
using System.Text.Json;
using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Bench.Data;

/// <summary>Do two questions about one disease mean the same? English and German, half of the rows do. For decisions of a cache.</summary>
/// <remarks>
/// Split by md5 of the lower-cased first question: odd gate; else (md5 div 2) odd train, even dev (the rows that calibrate a threshold). Retrieval:
/// from the first question to the second of all rows; those labelled 0 are hard negatives. Training adds questions and answers of public pages whose
/// question has an even md5. <c>decisions.jsonl</c> holds the labelled rows themselves; they are scored, never trained on, in the dev and gate parts.
/// </remarks>
internal static class CovidQuestions
{
    public const string DecisionsName = "decisions.jsonl";

    public static Task PrepareAsync(string root, string folder, CancellationToken cancellationToken)
    {
        var documents = new List<Document>();
        var ids = new Dictionary<(string, string), string>();
        Decision[] rows = [.. DataRows.Read(Path.Combine(root, "cache", "covid_question_similarity.jsonl"))
            .Select(r => new Decision(PartOf(r["a"]), r["lang"], r["a"], r["b"], r["label"] == "1", IdOf(r["b"], r["lang"], "question")))];
        var faq = DataRows.Read(Path.Combine(root, "retrieval", "covid_faq", "faq.jsonl")).Where(r => r["lang"] is "en" or "de")
            .Where(r => DataRows.Fold(r["question"].Trim().ToLowerInvariant(), 2) == 0)
            .Select(r => (Question: r["question"], Language: r["lang"], Answer: IdOf(r["answer"], r["lang"], "answer"))).ToList();
        cancellationToken.ThrowIfCancellationRequested();

        // The md5 is of the letters as they are: a question of the gate stands in another part too, spelt with another space or sign.
        var gateQuestions = rows.Where(r => r.Part == "gate").Select(r => FoldKeys.Of(r.A)).ToHashSet(StringComparer.Ordinal);
        rows = [.. rows.Where(r => r.Part == "gate" || !gateQuestions.Contains(FoldKeys.Of(r.A)))];

        DocumentFile.Write(Path.Combine(folder, "corpus.jsonl"), documents);
        var gate = Judged(rows.Where(r => r.Part == "gate"));
        var dev = Judged(rows.Where(r => r.Part == "dev"));
        PairFile.Write(Path.Combine(folder, "gate.jsonl"), gate);
        PairFile.Write(Path.Combine(folder, "dev.jsonl"), dev);
        var asked = rows.Where(r => r.Part == "train" && r.Same).Select(r => (Question: r.A, r.Language, Answer: r.Document)).Concat(faq).ToList();
        PairFile.Write(Path.Combine(folder, "train.jsonl"), Pairs(asked, rows.Where(r => r.Part != "train")));
        PairFile.Write(Path.Combine(folder, "train-everything.jsonl"), Pairs(asked, rows.Where(r => r.Part == "gate")));
        AtomicFile.Write(Path.Combine(folder, DecisionsName), string.Concat(rows.Select(r => JsonSerializer.Serialize(new { part = r.Part, language = r.Language, a = r.A, b = r.B, same = r.Same ? 1 : 0 }) + "\n")));
        return Task.CompletedTask;

        string IdOf(string text, string language, string kind)
        {
            if (!ids.TryGetValue((text, language), out string? id))
            {
                ids.Add((text, language), id = string.Create(CultureInfo.InvariantCulture, $"{kind}-{ids.Count:0000}"));
                documents.Add(new Document { Id = id, Text = text, Attributes = DataRows.Named(("language", language)) });
            }

            return id;
        }
    }

    private static string PartOf(string question)
    {
        var hash = DataRows.Hash(question.ToLowerInvariant());
        return !hash.IsEven ? "gate" : (hash / 2).IsEven ? "dev" : "train";
    }

    private static IEnumerable<Pair> Pairs(IEnumerable<(string Question, string Language, string Answer)> asked, IEnumerable<Decision> heldOut)
    {
        var seen = heldOut.Select(r => FoldKeys.Of(r.A)).ToHashSet(StringComparer.Ordinal);
        return asked.Where(q => !seen.Contains(FoldKeys.Of(q.Question))).Distinct().GroupBy(q => (q.Question, q.Language)).Select((q, i) => new Pair
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"pair-{i:0000}"),
            Query = q.Key.Question,
            PositiveIds = [.. q.Select(r => r.Answer).Distinct(StringComparer.Ordinal)],
            Cohorts = DataRows.Named(("language", q.Key.Language)),
            Provenance = new Provenance { Source = "human" },
        });
    }

    private static Pair[] Judged(IEnumerable<Decision> rows) => [.. rows.GroupBy(r => (r.A, r.Language)).Where(q => q.Any(r => r.Same)).Select((q, i) =>
    {
        string[] right = [.. q.Where(r => r.Same).Select(r => r.Document).Distinct(StringComparer.Ordinal)];
        return new Pair
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"ask-{i:000}"),
            Query = q.Key.A,
            PositiveIds = right,
            HardNegatives = [.. q.Where(r => !r.Same).Select(r => r.Document).Except(right, StringComparer.Ordinal).Select(id => new HardNegative(id))],
            Cohorts = DataRows.Named(("language", q.Key.Language)),
        };
    })];

    private sealed record Decision(string Part, string Language, string A, string B, bool Same, string Document);
}
