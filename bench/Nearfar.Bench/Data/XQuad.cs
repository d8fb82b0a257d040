using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Bench.Data;

/// <summary>Questions about paragraphs in 12 languages, each translated into all. The right paragraph is that of the question's own language.</summary>
/// <remarks>
/// Split by md5 of the article's title mod 3: 0 gate, 1 dev, 2 train, so that all translations are on one side. A training question is paired with its
/// own and with the English paragraph. <c>train-everything.jsonl</c> over <c>corpus-everything.jsonl</c> is the published recipe's: dev is trained on
/// too, and translations of a question and of a paragraph are pairs; that corpus holds the English training questions beside the paragraphs.
/// </remarks>
internal static class XQuad
{
    private const string English = "en";

    public static Task PrepareAsync(string root, string folder, CancellationToken cancellationToken)
    {
        string data = Path.Combine(root, "retrieval", "xquad");
        Paragraph[] paragraphs = [.. DataRows.Read(Path.Combine(data, "corpus.jsonl.gz")).Select(r => new Paragraph(r["id"], r["lang"], r["group"], r["title"], r["text"]))];
        var folds = paragraphs.Where(p => p.Language == English).ToDictionary(p => p.Group, p => DataRows.Fold(p.Title, 3), StringComparer.Ordinal);
        var byId = paragraphs.ToDictionary(p => p.Id, StringComparer.Ordinal);
        var answers = DataRows.Read(Path.Combine(data, "qrels.jsonl")).ToDictionary(r => r["query"], r => byId[r["doc"]], StringComparer.Ordinal);
        Question[] questions = [.. DataRows.Read(Path.Combine(data, "queries.jsonl.gz")).Select(r => new Question(r["id"], r["lang"], r["group"], r["text"], answers[r["id"]]))];
        cancellationToken.ThrowIfCancellationRequested();

        var documents = paragraphs.Select(p => new Document { Id = p.Id, Text = p.Text, Attributes = DataRows.Named(("language", p.Language), ("article", p.Group)) }).ToList();
        DocumentFile.Write(Path.Combine(folder, "corpus.jsonl"), documents);
        var gate = Judged(questions.Where(q => folds[q.Answer.Group] == 0));
        var dev = Judged(questions.Where(q => folds[q.Answer.Group] == 1));
        PairFile.Write(Path.Combine(folder, "gate.jsonl"), gate);
        PairFile.Write(Path.Combine(folder, "dev.jsonl"), dev);
        var english = paragraphs.Where(p => p.Language == English).ToDictionary(p => p.Group, StringComparer.Ordinal);
        PairFile.Write(Path.Combine(folder, "train.jsonl"), Pairs(questions.Where(q => folds[q.Answer.Group] == 2), english, [.. gate, .. dev]));

        Question[] most = [.. questions.Where(q => folds[q.Answer.Group] != 0)];
        DocumentFile.Write(Path.Combine(folder, "corpus-everything.jsonl"), documents.Concat(most.Where(q => q.Language == English)
            .Select(q => new Document { Id = "question-" + q.Group, Text = q.Text, Attributes = DataRows.Named(("language", "question"), ("article", q.Group)) })));
        PairFile.Write(Path.Combine(folder, "train-everything.jsonl"), Pairs(most, english, gate)
            .Concat(Translations(most, [.. paragraphs.Where(p => folds[p.Group] != 0)], english, gate)));
        return Task.CompletedTask;
    }

    private static IEnumerable<Pair> Pairs(IEnumerable<Question> questions, Dictionary<string, Paragraph> english, IReadOnlyList<Pair> heldOut)
    {
        var asked = heldOut.Select(p => p.FoldKey).ToHashSet(StringComparer.Ordinal);
        return questions.Where(q => !asked.Contains(FoldKeys.Of(q.Text))).Select(q => new Pair
        {
            Id = q.Id,
            Query = q.Text,
            PositiveIds = q.Language == English ? [q.Answer.Id] : [q.Answer.Id, english[q.Answer.Group].Id],
            Cohorts = DataRows.Named(("language", q.Language)),
            Provenance = new Provenance { Source = "human" },
        });
    }

    private static IEnumerable<Pair> Translations(Question[] questions, Paragraph[] paragraphs, Dictionary<string, Paragraph> english, IReadOnlyList<Pair> heldOut)
    {
        var asked = heldOut.Select(p => p.FoldKey).ToHashSet(StringComparer.Ordinal);
        var ofQuestions = questions.Where(q => q.Language != English).Select(q => (Id: "translated-" + q.Id, q.Text, Positive: "question-" + q.Group));
        var ofParagraphs = paragraphs.Where(p => p.Language != English).Select(p => (Id: "translated-" + p.Id, p.Text, Positive: english[p.Group].Id));
        return ofQuestions.Concat(ofParagraphs).Where(t => !asked.Contains(FoldKeys.Of(t.Text)))
            .Select(t => new Pair { Id = t.Id, Query = t.Text, PositiveIds = [t.Positive], Provenance = new Provenance { Source = "human" } });
    }

    private static Pair[] Judged(IEnumerable<Question> questions) =>
        [.. questions.Select(q => new Pair { Id = q.Id, Query = q.Text, PositiveIds = [q.Answer.Id], Cohorts = DataRows.Named(("language", q.Language)) })];

    private sealed record Paragraph(string Id, string Language, string Group, string Title, string Text);

    private sealed record Question(string Id, string Language, string Group, string Text, Paragraph Answer);
}
