using System.CommandLine;
using Nearfar.Data;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Pairs;
using Nearfar.Reporting;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar report</c>: renders a report as HTML or Markdown.</summary>
internal sealed class ReportVerb : Verb
{
    private readonly Argument<string> _report = new("report") { Description = "report.json that eval, gate or loop wrote." };
    private readonly Option<string[]> _against = new("--against") { Description = "Reports of the same set to compare with; the first is \"before\".", HelpName = "FILE", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _decision = new("--decision") { Description = "decision.json on this report; default: the one beside it, if there is one.", HelpName = "FILE" };
    private readonly Option<string> _format = new("--format") { Description = "html, markdown, or junit (the decision's tests).", DefaultValueFactory = _ => "html" };
    private readonly Option<string?> _out = new("--out") { Description = "Output file; default: beside the report.", HelpName = "FILE" };

    public override string Name => "report";

    public override string Description => "Renders a report as one page. Example: nearfar report output/runs/001/report.json --against output/reports/bm25.json";

    protected override void Declare(Command command)
    {
        _format.AcceptOnlyFromAmong("html", "markdown", "junit");
        command.Add(_report);
        command.Add(_against);
        command.Add(_decision);
        command.Add(_format);
        command.Add(_out);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        string path = context.Parsed.GetRequiredValue(_report);
        string format = context.Parsed.GetRequiredValue(_format);
        string beside = Path.Combine(Path.GetDirectoryName(path) ?? "", "decision.json");
        string? decisionPath = context.Parsed.GetValue(_decision) ?? (File.Exists(beside) ? beside : null);
        Corpus? corpus = Workspace.Find(Directory.GetCurrentDirectory()) is not null || context.Parsed.GetValue(CommonOptions.Workspace) is not null
            ? (await context.OpenWorkspaceAsync()).Corpus : null;
        var input = new ReportInput
        {
            Candidate = EvalReportJson.Load(path),
            References = [.. (context.Parsed.GetValue(_against) ?? []).Select(EvalReportJson.Load)],
            Corpus = corpus,
            Decision = decisionPath is null ? null : GateDecisionJson.Load(decisionPath),
        };
        string target = context.Parsed.GetValue(_out) ?? Path.ChangeExtension(path, format switch { "html" => ".html", "markdown" => ".md", _ => ".junit.xml" });
        AtomicFile.Write(target, format switch
        {
            "html" => HtmlReport.Render(input),
            "markdown" => MarkdownReport.Render(input),
            _ => JUnitReport.Render(input.Decision ?? throw new NearfarException("JUnit lists the tests of a decision; name one with --decision.")),
        });
        context.Emit(new { page = target });
        context.Say($"Page: {target}");
        context.Next("nearfar gate RUN, for a verdict on it");
        return 0;
    }
}
