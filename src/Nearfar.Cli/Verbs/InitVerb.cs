using System.CommandLine;
using Nearfar.Data.Formats;
using Nearfar.Data.Init;
using Nearfar.Search;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar init</c>: a workspace from what people have.</summary>
internal sealed class InitVerb : Verb
{
    private readonly Argument<string?> _folder = new("folder") { Description = "Where the workspace goes; default: the current folder.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _from = new("--from") { Description = "A CSV or Parquet file of questions and answers, a folder of Markdown, HTML or text, or a BEIR folder.", HelpName = "PATH" };
    private readonly Option<DateTime?> _asOf = new("--as-of") { Description = "Day to which document ages are counted; default: today.", HelpName = "DATE" };

    public override string Name => "init";

    public override string Description => "Makes a workspace. Example: nearfar init support --from faq.csv";

    protected override void Declare(Command command)
    {
        command.Add(_folder);
        command.Add(_from);
        command.Add(_asOf);
    }

    protected override Task<int> RunAsync(VerbContext context)
    {
        string folder = context.Parsed.GetValue(_folder) ?? ".";
        string? from = context.Parsed.GetValue(_from);
        var asOf = DateOnly.FromDateTime(context.Parsed.GetValue(_asOf) ?? context.Clock.GetUtcNow().UtcDateTime);
        if (from is null)
        {
            string file = WorkspaceTemplate.Write(folder, asOf);
            context.Emit(new { workspace = file });
            context.Say($"{file} written, with every setting explained. Put your data beside it.");
            context.Next($"nearfar check {folder}");
            return Task.FromResult(0);
        }

        var options = new InitOptions { AsOf = asOf, Seed = context.Seed ?? 1, Pool = Bm25Pool };
        var summary = Make(from, folder, options);
        context.Emit(summary);
        context.Say($"{summary.WorkspacePath}: {summary.Documents} documents; {summary.Train} training pairs; {summary.Dev} dev questions; gate of {summary.GateKnown} questions on known pages and {summary.GateNew} on new ones.");
        if (summary.Skipped > 0)
        {
            context.Say($"{summary.Skipped} rows were left out:");
            foreach (var problem in summary.Problems.Take(10))
            {
                context.Say($"  {problem}");
            }
        }

        context.Next($"nearfar loop {folder}");
        return Task.FromResult(0);
    }

    private static InitSummary Make(string from, string folder, InitOptions options)
    {
        if (Directory.Exists(from))
        {
            return BeirFolder.IsAt(from)
                ? WorkspaceBuilder.FromBeir(from, folder, options)
                : WorkspaceBuilder.FromFolder(from, folder, options);
        }

        return File.Exists(from)
            ? WorkspaceBuilder.FromFaqCsv(from, folder, options)
            : throw new NearfarException(from, 0, "no such file or folder; --from wants a CSV or Parquet file, a folder of pages, or a BEIR folder.");
    }

    // What keyword search takes for the answer: the negatives that a gate question needs.
    private static Func<string, IReadOnlyList<string>> Bm25Pool(Pairs.Corpus corpus)
    {
        var index = new Bm25Index(corpus);
        return query => [.. index.RankAsync([query], 10).AsTask().GetAwaiter().GetResult()[0].Select(hit => corpus.Documents[hit.Document].Id)];
    }
}
