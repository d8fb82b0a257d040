using Nearfar.Pairs;

namespace Nearfar.Data.Init;

/// <summary>Documents and pairs of what people have, without splitting them: a table of questions and answers, judged queries, pages with headings.</summary>
public static class PairSource
{
    /// <summary>Each answer becomes a document, each question a pair.</summary>
    /// <param name="csv">With a header; the columns <c>question</c> and <c>answer</c> or their aliases.</param>
    /// <param name="asOf">The day to which document ages are counted.</param>
    /// <exception cref="NearfarException">The CSV cannot be read, or has no such columns.</exception>
    public static SourcedPairs FromFaq(string csv, DateOnly asOf)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(csv);
        return Of(FaqSource.Read(csv, new InitOptions { AsOf = asOf }), sentences: false);
    }

    /// <summary>Each judged query of a BEIR folder becomes a pair, all splits together; the provenance names where it was judged.</summary>
    /// <param name="beir">Holds <c>corpus.jsonl</c>, <c>queries.jsonl</c> and <c>qrels/</c>.</param>
    /// <exception cref="NearfarException">The folder cannot be read.</exception>
    public static SourcedPairs FromQrels(string beir)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(beir);
        var draft = BeirSource.Read(beir);
        string rule = $"qrels of {Path.GetFileName(Path.TrimEndingDirectorySeparator(beir))}";
        return Of(draft, sentences: false) with
        {
            Pairs = [.. draft.Questions.Concat(draft.FixedGate).Select(p => p.Provenance is null ? p with { Provenance = new Provenance { Rule = rule } } : p)],
        };
    }

    /// <summary>Each section of a page becomes a document (chunks of one when it is long), each heading a pair: title to body, question to answer.</summary>
    /// <param name="pages">A folder of Markdown, HTML and text.</param>
    /// <param name="asOf">The day to which document ages are counted.</param>
    /// <param name="sentences">Adds, for each document, one sentence of it as a question. Default false.</param>
    /// <remarks>All of it is synthetic, and its provenance says so. Sentences: Lee, Chang, Toutanova 2019, arXiv:1906.00300, section 3.1.</remarks>
    /// <exception cref="NearfarException">No such folder, or no text in it.</exception>
    public static SourcedPairs FromSections(string pages, DateOnly asOf, bool sentences = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pages);
        return Of(FolderSource.Read(pages, new InitOptions { AsOf = asOf }), sentences);
    }

    private static SourcedPairs Of(InitDraft draft, bool sentences) =>
        new(draft.Documents, sentences ? [.. draft.Questions, .. draft.Sentences] : draft.Questions, draft.Skipped, draft.Problems);
}
