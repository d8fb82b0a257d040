using System.CommandLine;
using Nearfar.Data;
using Nearfar.Evaluation;
using Nearfar.Pairs;
using Nearfar.Reporting;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar report</c>: renders a report as HTML or Markdown.</summary>
internal sealed class ReportVerb : Verb
{
    private readonly Argument<string> _report = new("report") { Description = "report.json that eval, gate or loop wrote." };
    private readonly Option<string[]> _against = new("--against") { Description = "Reports of the same set to compare with; the first is \"before\".", HelpName = "FILE", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> _format = new("--format") { Description = "html or markdown.", DefaultValueFactory = _ => "html" };
    private readonly Option<string?> _out = new("--out") { Description = "Output file; default: beside the report.", HelpName = "FILE" };

    public override string Name => "report";

    public override string Description => "Renders a report as one page. Example: nearfar report output/runs/001/report.json --against output/reports/bm25.json";

    protected override void Declare(Command command)
    {
        _format.AcceptOnlyFromAmong("html", "markdown");
        command.Add(_report);
        command.Add(_against);
        command.Add(_format);
        command.Add(_out);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        string path = context.Parsed.GetRequiredValue(_report);
        bool html = context.Parsed.GetValue(_format) == "html";
        Corpus? corpus = Workspace.Find(Directory.GetCurrentDirectory()) is not null || context.Parsed.GetValue(CommonOptions.Workspace) is not null
            ? (await context.OpenWorkspaceAsync()).Corpus : null;
        var input = new ReportInput
        {
            Candidate = EvalReportJson.Load(path),
            References = [.. (context.Parsed.GetValue(_against) ?? []).Select(EvalReportJson.Load)],
            Corpus = corpus,
        };
        string target = context.Parsed.GetValue(_out) ?? Path.ChangeExtension(path, html ? ".html" : ".md");
        AtomicFile.Write(target, html ? HtmlReport.Render(input) : MarkdownReport.Render(input));
        context.Emit(new { page = target });
        context.Say($"Page: {target}");
        context.Next("nearfar gate RUN, for a verdict on it");
        return 0;
    }
}
