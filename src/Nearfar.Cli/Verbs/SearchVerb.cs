using System.CommandLine;
using System.Globalization;
using Nearfar.Data;
using Nearfar.Data.Formats;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Vectors;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar search</c>: nearest documents, one query, interactively or in bulk as a TREC run.</summary>
internal sealed class SearchVerb : Verb
{
    private readonly Argument<string?> _query = new("query") { Description = "The question; none: read questions line by line.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _index = new("--index") { Description = "Index folder; default: the workspace's corpus, encoded now.", HelpName = "FOLDER" };
    private readonly Option<string?> _model = ModelFinder.Option();
    private readonly Option<int> _k = new("--top") { Description = "Documents shown.", DefaultValueFactory = _ => 5, HelpName = "K" };
    private readonly Option<bool> _bm25 = new("--bm25") { Description = "Keyword search over the workspace's corpus." };
    private readonly Option<string?> _pairs = new("--queries") { Description = "Pairs (JSONL) whose questions are searched in bulk.", HelpName = "FILE" };
    private readonly Option<string?> _run = new("--trec-run") { Description = "With --queries: write the ranking as a TREC run file.", HelpName = "FILE" };

    private readonly Option<string?> _hybrid = HybridChoice.Option();
    private readonly Option<string?> _words = HybridChoice.WordsOption();

    public override string Name => "search";

    public override string Description => "Nearest documents of a question. Example: nearfar search \"refund annual plan\" --top 3";

    protected override void Declare(Command command)
    {
        command.Add(_query);
        command.Add(_index);
        command.Add(_model);
        command.Add(_k);
        command.Add(_bm25);
        command.Add(_pairs);
        command.Add(_run);
        command.Add(_hybrid);
        command.Add(_words);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        int k = context.Parsed.GetValue(_k);
        if (k < 1)
        {
            throw new NearfarException($"--top is {k}; wanted at least 1.");
        }

        if (context.Parsed.GetValue(_bm25) && context.Parsed.GetValue(_hybrid) is not null)
        {
            throw new NearfarException("--bm25 is keywords alone, --hybrid keywords and vectors. Give one of them.");
        }

        if (context.Parsed.GetValue(_words) is not null && !context.Parsed.GetValue(_bm25) && context.Parsed.GetValue(_hybrid) is null)
        {
            throw new NearfarException("--words says how keywords are read, and none are searched. Add --bm25 or --hybrid.");
        }

        _ = HybridChoice.Words(context.Parsed.GetValue(_words));
        IEncoder? encoder = context.Parsed.GetValue(_bm25) ? null : await ModelFinder.LoadAsync(context, context.Parsed.GetValue(_model));
        try
        {
            return await SearchAsync(context, encoder, k);
        }
        finally
        {
            if (encoder is not null)
            {
                ModelFinder.Close(context, encoder);
            }
        }
    }

    private async Task<int> SearchAsync(VerbContext context, IEncoder? encoder, int k)
    {
        var (ranker, ids, corpus) = await RankerAsync(context, encoder);
        if (context.Parsed.GetValue(_pairs) is { } pairs)
        {
            return await BulkAsync(context, ranker, ids, pairs, k);
        }

        if (context.Parsed.GetValue(_query) is { } query)
        {
            context.Emit(await ShowAsync(context, ranker, ids, corpus, query, k));
            context.Next($"nearfar eval{context.WorkspaceFlag}");
            return 0;
        }

        context.Note("One question a line; end with Ctrl-D.");
        var answers = new List<object>();
        while (await System.Console.In.ReadLineAsync(context.Cancellation) is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                answers.Add(await ShowAsync(context, ranker, ids, corpus, line, k));
            }
        }

        context.Emit(answers);
        return 0;
    }

    private async Task<(IRanker, IReadOnlyList<string>, Corpus?)> RankerAsync(VerbContext context, IEncoder? encoder)
    {
        var words = HybridChoice.Words(context.Parsed.GetValue(_words));
        if (encoder is null)
        {
            var corpus = (await context.OpenWorkspaceAsync()).Corpus;
            return (new Bm25Index(corpus, words), [.. corpus.Documents.Select(d => d.Id)], corpus);
        }

        string? asked = context.Parsed.GetValue(_hybrid);
        if (context.Parsed.GetValue(_index) is { } folder && asked is null)
        {
            var index = IndexFolder.Open(folder);
            return (new VectorRanker(encoder, index), index.Ids, await TextsAsync(context));
        }

        var workspace = await context.OpenWorkspaceAsync();
        var documents = workspace.Corpus;
        var ranker = context.Parsed.GetValue(_index) is { } opened
            ? new VectorRanker(encoder, IndexFolder.Open(opened))
            : await VectorRanker.CreateAsync(encoder, documents, context.Cancellation);
        return await HybridChoice.ResolveAsync(context, asked, words, encoder, () => Task.FromResult<JudgedSet>(workspace.Dev)) is { } hybrid
            ? (new HybridRanker(ranker, new Bm25Index(documents, words), hybrid), ranker.Index.Ids, documents)
            : (ranker, ranker.Index.Ids, documents);
    }

    // An index holds vectors and ids; texts are the workspace's, where there is one that can be read.
    private static async Task<Corpus?> TextsAsync(VerbContext context)
    {
        if (context.Json || (context.Parsed.GetValue(CommonOptions.Workspace) ?? Workspace.Find(Directory.GetCurrentDirectory())) is null)
        {
            return null;
        }

        try
        {
            return (await context.OpenWorkspaceAsync()).Corpus;
        }
        catch (NearfarException e)
        {
            context.Note($"No texts are shown, the workspace cannot be read: {e.Message}");
            return null;
        }
    }

    // Shows the documents of one question; returns them for --json.
    private static async Task<object> ShowAsync(VerbContext context, IRanker ranker, IReadOnlyList<string> ids, Corpus? corpus, string query, int k)
    {
        var hits = (await ranker.RankAsync([query], k, context.Cancellation))[0];
        object answer = new { query, ranker = ranker.Name, hits = hits.Select((h, i) => new { rank = i + 1, id = ids[h.Document], score = h.Score }) };
        if (hits.Count == 0)
        {
            context.Say("Nothing found: no word of the question is known.");
            return answer;
        }

        string[] columns = corpus is null ? ["rank", "score", "id"] : ["rank", "score", "id", "text"];
        context.Table(columns, hits.Select((h, i) => (IReadOnlyList<string>)[.. new[]
        {
            (i + 1).ToString(CultureInfo.InvariantCulture), h.Score.ToString("0.000", CultureInfo.InvariantCulture), ids[h.Document], TextOf(corpus, ids[h.Document]),
        }.Take(columns.Length)]), 0, 1);
        return answer;
    }

    private async Task<int> BulkAsync(VerbContext context, IRanker ranker, IReadOnlyList<string> ids, string path, int k)
    {
        var pairs = PairFile.Read(path).Rows;
        var rankings = await ranker.RankAsync([.. pairs.Select(p => p.Query)], k, context.Cancellation);
        if (context.Parsed.GetValue(_run) is { } run)
        {
            TrecRun.Write(run, pairs.Select((pair, q) => (pair.Id, q)).ToDictionary(p => p.Id, p => Documents(rankings[p.q], ids), StringComparer.Ordinal), Tag(ranker.Name));
            context.Emit(new { questions = pairs.Count, ranker = ranker.Name, trec_run = run });
            context.Say($"{pairs.Count} questions ranked in {run}.");
            context.Next($"nearfar eval --trec-run {run}{context.WorkspaceFlag}");
            return 0;
        }

        context.Emit(pairs.Select((pair, q) => new { pair.Id, pair.Query, hits = rankings[q].Select((h, i) => new { rank = i + 1, id = ids[h.Document], score = h.Score }) }));
        if (!context.Json)
        {
            foreach (var (pair, hits) in pairs.Zip(rankings))
            {
                foreach (var (hit, i) in hits.Select((hit, i) => (hit, i)))
                {
                    context.Say(string.Create(CultureInfo.InvariantCulture, $"{pair.Id} Q0 {ids[hit.Document]} {i + 1} {hit.Score:R} {Tag(ranker.Name)}"));
                }
            }
        }

        return 0;
    }

    private static IReadOnlyList<RetrievedDocument> Documents(IReadOnlyList<Hit> hits, IReadOnlyList<string> ids) =>
        [.. hits.Select((hit, i) => new RetrievedDocument(ids[hit.Document], hit.Score, i + 1))];

    // A run's name is one cell.
    private static string Tag(string name) => string.Join('-', name.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    // By id: an index may be older than the corpus, or ordered otherwise.
    private static string TextOf(Corpus? corpus, string id) => corpus?.TryGet(id, out var document) == true ? Cut(document.Title ?? document.Text) : "(not in the corpus of the workspace)";

    private static string Cut(string text) => text.Length <= 100 ? text : text[..99] + "…";
}
