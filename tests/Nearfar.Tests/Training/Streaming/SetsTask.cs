using Nearfar.Pairs;
using Nearfar.Training;
using Nearfar.Training.Streaming;

namespace Nearfar.Tests.Training.Streaming;

/// <summary>The pairs of a <see cref="ToyTask"/> as three data sets of unequal size with cohorts, in memory and in files.</summary>
internal sealed class SetsTask
{
    // Neither in the order of their names nor of their sizes.
    private static readonly string[] s_names = ["web", "faq", "mail"];

    /// <param name="folder">Receives the files; those that are there are kept.</param>
    /// <param name="pairs">In all: 70 % web, 25 % faq, the rest mail.</param>
    public SetsTask(string folder, int pairs = 1500)
    {
        Task = new ToyTask(topics: 40, pairs, hardNegatives: 2);
        var documents = Task.Set.Corpus.Documents.Select((d, i) => d with { Attributes = new Dictionary<string, string> { ["area"] = $"area {i % 7}" } });
        int[] begins = [0, (int)(pairs * 0.7), (int)(pairs * 0.95)];
        var rows = Task.Set.Pairs.Select((p, i) => p with
        {
            HardNegatives = [.. p.HardNegatives.DistinctBy(n => n.DocumentId)],
            DataSet = s_names[Array.FindLastIndex(begins, b => i >= b)],
            Cohorts = CohortsOf(i),
        }).ToList();
        Set = new TrainingSet(new Corpus(documents), rows);
        foreach (var set in rows.GroupBy(r => r.DataSet!).Where(g => !File.Exists(PathOf(folder, g.Key))))
        {
            PairFile.Write(PathOf(folder, set.Key), set);
        }

        Stream = new StreamedPairs([.. s_names.Select(n => new StreamedSet(PathOf(folder, n), n))], Set.Corpus);
    }

    /// <summary>Scores, start and tokenizer.</summary>
    public ToyTask Task { get; }

    /// <summary>The pairs, those of a set together.</summary>
    public TrainingSet Set { get; }

    public StreamedPairs Stream { get; }

    /// <summary>Language is the pair's, area its document's, length derived; nothing has a region.</summary>
    public static CohortResolver Cohorts { get; } = new(
        [new CohortRule { Attribute = "language" }, new CohortRule { Attribute = "area", From = "document.area" }, new CohortRule { Attribute = "words", From = "query.words", Edges = [4] }, new CohortRule { Attribute = "region" }], null);

    public static string PathOf(string folder, string name) => Path.Combine(folder, $"{name}.jsonl.gz");

    // Icelandic stands in one block of the largest set alone; some pairs have no language.
    private static Dictionary<string, string> CohortsOf(int i)
    {
        var cohorts = new Dictionary<string, string> { ["intent"] = $"intent {i % 40 / 2}" };
        if (i % 11 != 0)
        {
            cohorts["language"] = i is >= 300 and < 340 ? "is" : i % 9 == 0 ? "fr" : i % 3 == 0 ? "de" : "en";
        }

        return cohorts;
    }
}
