using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Bench.Data;

/// <summary>English documentation of two versions of a tool. A question is "Helm", version, page and heading; the right sections have the text of its own.</summary>
/// <remarks>
/// Split by md5 of the path without extension, so that both versions of a page are on one side: mod 3 = 0 gate; of the rest (md5 div 3) mod 3 = 0 dev.
/// "SEE ALSO" and inherited options repeat on every page: they are documents, never questions. A question's negatives are the sections of the
/// same place in the other version whose text differs. <c>train-everything.jsonl</c> holds the dev part's pairs too. <c>corpus-titles.jsonl</c> has
/// "Helm", version and title as the title: the same content but for a newline in the place of a space.
/// </remarks>
internal static class HelmDocs
{
    public static Task PrepareAsync(string root, string folder, CancellationToken cancellationToken)
    {
        Row[] rows = [.. DataRows.Read(Path.Combine(root, "retrieval", "helm_docs", "sections.jsonl.gz")).Where(r => r["lang"] == "en").Select(RowOf)];
        cancellationToken.ThrowIfCancellationRequested();
        Document[] titled = [.. rows.Select(r => new Document
        {
            Id = r.Id,
            Title = $"Helm {r.Version} {r.Title}",
            Text = r.Text,
            Attributes = DataRows.Named(("version", r.Version), ("added", r.Added)),
        })];
        DocumentFile.Write(Path.Combine(folder, "corpus-titles.jsonl"), titled);
        DocumentFile.Write(Path.Combine(folder, "corpus.jsonl"), titled.Select(d => d with { Title = null, Text = $"{d.Title} {d.Text}" }));
        var gate = Judged(rows, Part.Gate);
        var dev = Judged(rows, Part.Dev);
        PairFile.Write(Path.Combine(folder, "gate.jsonl"), gate);
        PairFile.Write(Path.Combine(folder, "dev.jsonl"), dev);
        PairFile.Write(Path.Combine(folder, "train.jsonl"), Pairs(rows.Where(r => r.Part == Part.Train), [.. gate, .. dev]));
        PairFile.Write(Path.Combine(folder, "train-everything.jsonl"), Pairs(rows.Where(r => r.Part != Part.Gate), gate));
        return Task.CompletedTask;
    }

    private static Row RowOf(IReadOnlyDictionary<string, string> r)
    {
        string path = r["path"];
        string place = path[..^Path.GetExtension(path).Length];
        var hash = DataRows.Hash(place);
        var part = hash % 3 == 0 ? Part.Gate : hash / 3 % 3 == 0 ? Part.Dev : Part.Train;
        return new Row(r["id"], r["version"], place, r["page_title"], r["heading"], r["text"], r["added"], part);
    }

    private static IEnumerable<Pair> Pairs(IEnumerable<Row> rows, IReadOnlyList<Pair> heldOut)
    {
        var asked = heldOut.Select(p => p.FoldKey).ToHashSet(StringComparer.Ordinal);
        return rows.Where(r => r.IsAsked && !asked.Contains(FoldKeys.Of(r.Query))).Select(r => new Pair
        {
            Id = "ask-" + r.Id,
            Query = r.Query,
            PositiveIds = [r.Id],
            Cohorts = DataRows.Named(("version", r.Version)),
            Provenance = new Provenance { Source = "human" },
        });
    }

    private static Pair[] Judged(Row[] rows, Part part)
    {
        var byText = rows.ToLookup(r => r.Text, StringComparer.Ordinal);
        var byPlace = rows.ToLookup(r => (r.Place, r.Heading));
        return [.. rows.Where(r => r.Part == part && r.IsAsked).Select(r => new Pair
        {
            Id = "ask-" + r.Id,
            Query = r.Query,
            PositiveIds = [r.Id, .. byText[r.Text].Select(o => o.Id).Where(id => id != r.Id)],
            HardNegatives = [.. byPlace[(r.Place, r.Heading)].Where(o => o.Version != r.Version && o.Text != r.Text).Select(o => new HardNegative(o.Id))],
            Cohorts = DataRows.Named(("version", r.Version), ("age", r.Age)),
        })];
    }

    private enum Part
    {
        Train,
        Dev,
        Gate,
    }

    private sealed record Row(string Id, string Version, string Place, string Title, string Heading, string Text, string Added, Part Part)
    {
        public string Query => $"Helm {Version} {Title} {Heading}";

        public bool IsAsked => Heading != "SEE ALSO" && !Heading.StartsWith("Options inherited", StringComparison.Ordinal);

        public string Age => string.CompareOrdinal(Added[..4], "2020") <= 0 ? "to 2020" : string.CompareOrdinal(Added[..4], "2024") <= 0 ? "to 2024" : "later";
    }
}
