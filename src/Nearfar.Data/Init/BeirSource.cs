using Nearfar.Data.Formats;
using Nearfar.Pairs;

namespace Nearfar.Data.Init;

/// <summary>A BEIR folder as a draft.</summary>
internal static class BeirSource
{
    public static InitDraft Read(string folder)
    {
        var beir = new BeirFolder(folder);
        var corpus = beir.ReadCorpus();
        if (beir.Splits.Count == 0)
        {
            throw new NearfarException(Path.Combine(folder, "qrels"), 0, "holds no *.tsv of judgements.");
        }

        bool fixedGate = beir.Splits.Contains("test", StringComparer.Ordinal) && beir.Splits.Count > 1;
        var gate = fixedGate ? beir.ReadPairs("test").Rows : [];
        var taken = gate.Select(p => p.Id).ToHashSet(StringComparer.Ordinal);
        var questions = new List<Pair>();
        foreach (string split in beir.Splits.Where(s => !fixedGate || s != "test"))
        {
            questions.AddRange(beir.ReadPairs(split).Rows.Where(p => taken.Add(p.Id)));
        }

        ThrowIfUnknown(folder, corpus.Rows, questions.Concat(gate));
        return new InitDraft
        {
            Documents = corpus.Rows,
            Questions = questions,
            FixedGate = gate,
            Cohorts = CohortLines.Of(gate.Count > 0 ? gate : questions),
            Comments =
            [
                $"Made from the BEIR folder {Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}.",
                fixedGate ? "The test split is the gate; training questions that it shares or nearly shares were left out." : "Its judged questions were split by clusters of documents.",
            ],
        };
    }

    private static void ThrowIfUnknown(string folder, IReadOnlyList<Document> corpus, IEnumerable<Pair> pairs)
    {
        var ids = corpus.Select(d => d.Id).ToHashSet(StringComparer.Ordinal);
        var problems = new ProblemList();
        foreach (var (pair, id) in pairs.SelectMany(p => p.PositiveIds.Concat(p.Relevance?.Keys ?? []).Distinct(StringComparer.Ordinal).Select(id => (p, id))).Where(x => !ids.Contains(x.id)))
        {
            problems.Add(folder, 0, $"query \"{pair.Id}\" names document \"{id}\", which the corpus lacks.");
        }

        problems.ThrowIfAny();
    }
}
