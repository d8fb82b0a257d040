using System.CommandLine;
using Nearfar.Data;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Slices;
using Nearfar.Gating;
using Nearfar.Reporting;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar report</c>: renders a report and its decision as HTML, Markdown or JUnit.</summary>
internal sealed class ReportVerb : Verb
{
    private readonly Argument<string> _report = new("report") { Description = "Run name such as 001, a run's folder, or a report.json." };
    private readonly Option<string[]> _against = new("--against") { Description = "Reports of the same set to compare with; the first is \"before\". Default: those of the decision.", HelpName = "FILE", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _decision = new("--decision") { Description = "decision.json on this report; default: the one beside it, if there is one.", HelpName = "FILE" };
    private readonly Option<string?> _slices = new("--slices") { Description = "slices.json of this set; default: the one beside the report, if there is one.", HelpName = "FILE" };
    private readonly Option<string> _format = new("--format") { Description = "html, markdown (for a pull request), or junit (the decision's tests).", DefaultValueFactory = _ => "html" };
    private readonly Option<string?> _inconclusive = new("--inconclusive") { Description = "junit: what an undecided test is, skip or fail; default: as the policy says.", HelpName = "skip|fail" };
    private readonly Option<int> _top = new("--top") { Description = "The k of \"right page in top k\".", DefaultValueFactory = _ => 3, HelpName = "K" };
    private readonly Option<int> _examples = new("--examples") { Description = "Questions shown under \"broken\" and under \"fixed\", each.", DefaultValueFactory = _ => 12, HelpName = "N" };
    private readonly Option<string?> _out = new("--out") { Description = "Output file; default: beside the report.", HelpName = "FILE" };

    public override string Name => "report";

    public override string Description => "Renders a report as one page. Example: nearfar report 001";

    protected override void Declare(Command command)
    {
        _format.AcceptOnlyFromAmong("html", "markdown", "junit");
        _inconclusive.AcceptOnlyFromAmong("skip", "fail");
        command.Add(_report);
        command.Add(_against);
        command.Add(_decision);
        command.Add(_slices);
        command.Add(_format);
        command.Add(_inconclusive);
        command.Add(_top);
        command.Add(_examples);
        command.Add(_out);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        string? place = context.Parsed.GetValue(CommonOptions.Workspace) ?? Workspace.Find(Directory.GetCurrentDirectory());
        var workspace = place is null ? null : await context.OpenWorkspaceAsync();
        string wanted = context.Parsed.GetRequiredValue(_report);
        string? trained = RunFolderOf(wanted, workspace) is { } run ? RunPage.Write(run) : null;
        if (trained is not null && !File.Exists(Path.Combine(Path.GetDirectoryName(trained)!, "report.json")))
        {
            context.Emit(new { page = trained, format = "html" });
            context.Say($"Training page: {trained}");
            context.Next($"nearfar gate {wanted}{context.WorkspaceFlag}, for a verdict on it");
            return 0;
        }

        string path = PathOf(wanted, workspace);
        string format = context.Parsed.GetRequiredValue(_format);
        var input = Input(context, path, workspace);
        if (input.Top < 1 || input.Top > input.Candidate.Depth || input.Examples < 0)
        {
            throw new NearfarException($"--top must be 1 to {input.Candidate.Depth}, the ranks that the report searched, and --examples 0 or more; they are {input.Top} and {input.Examples}.");
        }

        string target = context.Parsed.GetValue(_out) ?? Path.ChangeExtension(path, format switch { "html" => ".html", "markdown" => ".md", _ => ".junit.xml" });
        AtomicFile.Write(target, format switch
        {
            "html" => HtmlReport.Render(input),
            "markdown" => MarkdownReport.Render(input),
            _ => JUnitReport.Render(
                input.Decision ?? throw new NearfarException("JUnit lists the tests of a decision; name one with --decision."),
                context.Parsed.GetValue(_inconclusive) switch { "fail" => true, "skip" => false, _ => null }),
        });
        context.Emit(new { page = target, format, verdict = input.Decision?.Verdict, exit_code = input.Decision?.ExitCode });
        context.Say($"Page: {target}");
        if (trained is not null)
        {
            context.Say($"Training page: {trained}");
        }

        context.Next(input.Decision is null ? $"nearfar gate RUN{context.WorkspaceFlag}, for a verdict on it" : format == "html" ? "open it in a browser" : $"nearfar report {path}, for the whole page");
        return 0;
    }

    // A run's folder, by its path or its name.
    private static string? RunFolderOf(string report, Workspace? workspace) =>
        ((string?[])[report, workspace is null ? null : Path.Combine(workspace.Output, "runs", report)]).FirstOrDefault(folder => folder is not null && File.Exists(Path.Combine(folder, "history.jsonl")));

    internal static string PathOf(string report, Workspace? workspace)
    {
        if (File.Exists(report))
        {
            return report;
        }

        foreach (string? folder in (string?[])[report, workspace is null ? null : Path.Combine(workspace.Output, "runs", report)])
        {
            if (folder is not null && File.Exists(Path.Combine(folder, "report.json")))
            {
                return Path.Combine(folder, "report.json");
            }
        }

        throw new NearfarException($"\"{report}\" is neither a report.json nor a folder or run{(workspace is null ? "" : $" of {workspace.Output}")} that holds one. Make one with nearfar eval, gate or loop.");
    }

    // A report with named references stands alone; else its run's folder says what belongs to it.
    private ReportInput Input(VerbContext context, string path, Workspace? workspace)
    {
        string[] against = context.Parsed.GetValue(_against) ?? [];
        string? decision = context.Parsed.GetValue(_decision), slices = context.Parsed.GetValue(_slices);
        string folder = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";
        string? name = workspace?.Options.Name;
        var input = Path.GetFileName(path) == "report.json" && against.Length == 0 && decision is null
            ? RunReport.Read(folder, name, workspace?.Corpus)
            : new ReportInput
            {
                Candidate = EvalReportJson.Load(path),
                References = [.. against.Select(EvalReportJson.Load)],
                Corpus = workspace?.Corpus,
                Decision = decision is not null ? GateDecisionJson.Load(decision) : Beside(path, "decision.json") is { } found ? GateDecisionJson.Load(found) : null,
                Slices = Beside(path, "slices.json") is { } searched ? SliceFindingsJson.Load(searched) : null,
                Provenance = new ReportProvenance { Workspace = name },
            };
        return input with
        {
            GateSet = workspace?.GateVersion(input.Candidate.SetHash),
            Slices = slices is null ? input.Slices : SliceFindingsJson.Load(slices),
            Top = context.Parsed.GetValue(_top),
            Examples = context.Parsed.GetValue(_examples),
        };
    }

    // Files of a run's folder go with its report.json alone: reports/ holds many models' reports.
    private static string? Beside(string path, string name)
    {
        string file = Path.Combine(Path.GetDirectoryName(path) ?? "", name);
        return Path.GetFileName(path) == "report.json" && File.Exists(file) ? file : null;
    }
}
