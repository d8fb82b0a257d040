using Nearfar.Pairs;

namespace Nearfar.Data;

/// <summary>Files of pairs read together, with the documents they name.</summary>
public sealed class PairFiles
{
    private PairFiles(IReadOnlyList<RowSet<Pair>> files, Corpus corpus, IReadOnlyList<Document> inline) => (Files, Corpus, Inline) = (files, corpus, inline);

    /// <summary>In the order given; texts that stood inline have the ids of <see cref="Corpus"/>.</summary>
    public IReadOnlyList<RowSet<Pair>> Files { get; }

    /// <summary>The corpus, and behind it the texts that stood inline.</summary>
    public Corpus Corpus { get; }

    /// <summary>Texts that stood inline and that the corpus lacks: whoever writes the pairs must write them too.</summary>
    public IReadOnlyList<Document> Inline { get; }

    /// <summary>Reads files.</summary>
    /// <param name="paths">JSONL, CSV, Parquet or BEIR folders (their train split).</param>
    /// <param name="corpus">Documents that the pairs name; null: all texts stand inline.</param>
    /// <exception cref="NearfarException">A file is bad: all problems of all files in one message.</exception>
    public static PairFiles Read(IReadOnlyList<string> paths, DataSource? corpus = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var problems = new ProblemList();
        var documents = corpus is null ? null : DataReader.Documents(corpus);
        problems.AddAll(documents?.Problems ?? [], documents is null ? 0 : Math.Max(documents.Skipped, documents.Problems.Count));
        var merge = new InlineMerge(documents);
        int known = documents?.Rows.Count ?? 0;
        var files = new List<RowSet<Pair>>();
        foreach (string path in paths)
        {
            var rows = DataReader.Pairs(new DataSource { Path = path }, "train");
            problems.AddAll(rows.Problems, Math.Max(rows.Skipped, rows.Problems.Count));
            files.Add(merge.Add(rows)!);
        }

        problems.ThrowIfAny();
        var all = merge.ToCorpus();
        return new PairFiles(files, all, [.. all.Documents.Skip(known)]);
    }
}
