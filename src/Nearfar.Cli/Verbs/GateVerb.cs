using System.CommandLine;
using Nearfar.Data;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Releases;
using Nearfar.Reporting;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar gate</c>: the verdict on a trained run, or on a report of what is served. Opens the gate set, which the ledger counts.</summary>
internal sealed class GateVerb : Verb
{
    private readonly Argument<string> _candidate = new("candidate") { Description = "Run name under runs/, such as 001 or train; or a report.json of nearfar eval --set gate." };
    private readonly Option<string?> _reference = new("--reference") { Description = "Report of what is served now; only for a candidate that is a report.", HelpName = "FILE" };
    private readonly Option<string[]> _dev = new("--dev") { Description = "Report of eval --set dev: the candidate's, where a floor was found in another space; again for that space's model. Only for a candidate that is a report.", HelpName = "FILE" };
    private readonly Option<string?> _policy = new("--policy") { Description = "YAML with the keys of the section gate, in its place.", HelpName = "FILE" };
    private readonly Option<bool> _why = new("--why") { Description = "Print every test with its numbers." };

    public override string Name => "gate";

    public override string Description => "Decides whether a run, or a served ranking, may be released; the ledger counts the opening. Exit 0 passed, 2 blocked, 3 inconclusive. Example: nearfar gate train";

    protected override void Declare(Command command)
    {
        command.Add(_candidate);
        command.Add(_reference);
        command.Add(_dev);
        command.Add(_policy);
        command.Add(_why);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var workspace = await context.OpenTrainableWorkspaceAsync();
        if (context.Parsed.GetValue(_policy) is { } policy)
        {
            workspace = workspace.WithPolicy(policy);
        }

        string name = context.Parsed.GetRequiredValue(_candidate);
        return name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? await JudgeReportAsync(context, workspace, name) : await JudgeRunAsync(context, workspace, name);
    }

    private async Task<int> JudgeRunAsync(VerbContext context, Workspace workspace, string name)
    {
        if (context.Parsed.GetValue(_reference) is not null)
        {
            throw new NearfarException("--reference goes with a report as candidate. A run is compared with the current release, which is scored anew.");
        }

        if (context.Parsed.GetValue(_dev) is { Length: > 0 })
        {
            throw new NearfarException("--dev goes with a report as candidate. A run is scored on dev by the gate itself.");
        }

        string folder = Path.Combine(workspace.Output, "runs", name);
        using var frozen = await workspace.OpenBaseAsync(context.Clock, null, context.Cancellation);
        var model = TrainedModel.Load(folder, frozen);
        GateSetHint.Say(context, workspace);
        var gate = new GateOpening(workspace.LoopData(), workspace.LoopOptions(context.Seed) with { Base = frozen }, context.Clock);
        var attempt = await context.WithProgress("gate", _ => gate.JudgeAsync(model, folder, context.Cancellation));
        ModelFinder.Close(context, frozen);
        var input = RunReport.Write(workspace.Options.Name, workspace.LoopData(), attempt);
        Show(context, input, attempt.Decision, folder, RunReport.HtmlPath(folder));
        context.Next(attempt.Decision.ExitCode switch
        {
            0 => $"nearfar release promote {name} --by YOU{context.WorkspaceFlag}",
            3 => $"add gate questions to the cohorts named above, then nearfar check{context.WorkspaceFlag}",
            _ => $"nearfar mine --model {name} --from-failures{context.WorkspaceFlag}",
        });
        return attempt.Decision.ExitCode;
    }

    private async Task<int> JudgeReportAsync(VerbContext context, Workspace workspace, string path)
    {
        var candidate = EvalReportJson.Load(path);
        var reference = context.Parsed.GetValue(_reference) is { } file ? EvalReportJson.Load(file) : null;
        using var frozen = candidate.Space is null ? null : await workspace.OpenBaseAsync(context.Clock, null, context.Cancellation);
        var gate = new ReportGate(workspace.Gate, workspace.GatePolicy(), workspace.Output, context.Clock)
        {
            Base = frozen,
            Dev = workspace.Options.Data.Dev is null ? null : workspace.Dev,
            Start = workspace.Options.Encoder.Kind is "static" or "adapter" && workspace.Options.Data.Train is not null ? () => frozen is not null ? frozen : workspace.CreateStart(context.Seed) : null,
            DevReports = [.. (context.Parsed.GetValue(_dev) ?? []).Select(EvalReportJson.Load)],
        };
        var verdict = await context.WithProgress("gate", _ => gate.JudgeAsync(candidate, reference, context.Cancellation));
        ModelFinder.Close(context, frozen);
        var input = new ReportInput { Candidate = candidate, References = [.. verdict.References.Select(r => r.Report)], Decision = verdict.Decision, GateSet = workspace.GateVersion(candidate.SetHash), Corpus = workspace.Corpus };
        string page = RunReport.HtmlPath(verdict.Folder);
        AtomicFile.Write(page, HtmlReport.Render(input));
        Show(context, input, verdict.Decision, verdict.Folder, page);
        context.Next(verdict.Decision.ExitCode switch
        {
            0 => $"put it in service, then keep {path} as the --reference of the next one",
            3 => $"add gate questions to the cohorts named above, then nearfar check{context.WorkspaceFlag}",
            _ => $"nearfar report {path}",
        });
        return verdict.Decision.ExitCode;
    }

    private void Show(VerbContext context, ReportInput input, GateDecision decision, string folder, string page)
    {
        context.Emit(new
        {
            verdict = decision.Verdict,
            exit_code = decision.ExitCode,
            decision.Attempt,
            decision.FirstLine,
            decision.JointTests,
            decision.JointLevel,
            decision.Notes,
            report = page,
            decision = Path.Combine(folder, "decision.json"),
        });
        bool why = context.Parsed.GetValue(_why);
        foreach (string line in ConsoleSummary.Lines(input, why))
        {
            context.Say(line);
        }

        if (why)
        {
            context.Say(FormattableString.Invariant($"{decision.JointTests} differences of cohorts, measures and releases were tested together at {decision.JointLevel:0.####}."));
        }

        foreach (string note in decision.Notes)
        {
            context.Say($"Note: {note}.");
        }

        context.Say($"Report: {page}");
    }
}
