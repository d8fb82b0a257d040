using Nearfar.Pairs;

namespace Nearfar.Data.Init;

/// <summary>Makes a whole workspace of what people have: corpus, clusters, train, dev, gate and a commented <c>nearfar.yaml</c>.</summary>
/// <remarks>
/// Sets are split by the fold of their document cluster, so that they stay when data grow; the gate asks about known and new pages where
/// sizes allow. Equal sources and options give equal bytes. Nothing is written over.
/// </remarks>
public static class WorkspaceBuilder
{
    /// <summary>From a CSV of questions and answers: each answer becomes a document, each question a pair.</summary>
    /// <param name="csv">With a header; the columns <c>question</c> and <c>answer</c> (or their aliases), others become attributes.</param>
    /// <param name="folder">The workspace to write.</param>
    /// <param name="options">How.</param>
    /// <exception cref="NearfarException">The CSV is unreadable or too small, or a workspace is there already.</exception>
    public static InitSummary FromFaqCsv(string csv, string folder, InitOptions options) => Make(() => FaqSource.Read(csv, options), folder, options);

    /// <summary>From a folder of Markdown, HTML and text: each section becomes a document (chunks of one when it is long), headings become questions.</summary>
    /// <param name="pages">Read with all folders below; hidden ones are passed over.</param>
    /// <param name="folder">The workspace to write.</param>
    /// <param name="options">How.</param>
    /// <remarks>The questions are synthetic, and the workspace file says so. Sentences as training questions: Lee, Chang, Toutanova 2019, arXiv:1906.00300, section 3.1.</remarks>
    /// <exception cref="NearfarException">No pages, too few, or a workspace is there already.</exception>
    public static InitSummary FromFolder(string pages, string folder, InitOptions options) => Make(() => FolderSource.Read(pages, options), folder, options);

    /// <summary>From a BEIR folder: its test split becomes the gate, and what training shares with it is left out.</summary>
    /// <param name="beir">Holds <c>corpus.jsonl</c>, <c>queries.jsonl</c> and <c>qrels/</c>.</param>
    /// <param name="folder">The workspace to write.</param>
    /// <param name="options">How.</param>
    /// <exception cref="NearfarException">The folder is unreadable or too small, or a workspace is there already.</exception>
    public static InitSummary FromBeir(string beir, string folder, InitOptions options) => Make(() => BeirSource.Read(beir), folder, options);

    private static InitSummary Make(Func<InitDraft> read, string folder, InitOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        options.ThrowIfInvalid();
        WorkspaceFiles.ThrowIfAny(folder);
        var draft = read();
        if (draft.Questions.Count == 0)
        {
            throw new NearfarException("The source gives no questions. Check that it is what init expects: a CSV of questions and answers, pages with headings, or a BEIR folder.");
        }

        var corpus = new Corpus(draft.Documents);
        var clusters = DocumentClusters.Of(corpus, draft.Questions.Concat(draft.FixedGate).Concat(draft.Sentences));
        var split = new QuestionSplit(draft, clusters, options);
        split.Run();
        var negatives = new HeldOutNegatives(corpus, clusters, options);
        split.Dev.Replace(negatives.AddTo);
        split.Gate.Replace(negatives.AddTo);
        string path = WorkspaceFiles.Write(folder, draft, split, options);
        var pages = PageCohort.Of(DocumentClusters.Of(corpus, split.Train.Concat(split.Dev).Concat(split.Gate)), corpus, split.Train);
        int known = split.Gate.Count(p => pages.ValueOf(p.PositiveIds) == "known");
        return new InitSummary(path, corpus.Count, split.Train.Count, split.Dev.Count, known, split.Gate.Count - known, draft.Skipped, draft.Problems);
    }

    private static void Replace(this List<Pair> pairs, Func<Pair, Pair> change)
    {
        for (int i = 0; i < pairs.Count; i++)
        {
            pairs[i] = change(pairs[i]);
        }
    }
}
