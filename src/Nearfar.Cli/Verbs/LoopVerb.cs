using System.CommandLine;
using Nearfar.Data;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Releases;
using Nearfar.Reporting;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar loop</c>: train, gate, release; or mine the failures and try again.</summary>
internal sealed class LoopVerb : Verb
{
    private readonly Argument<string?> _workspace = CommonOptions.Folder();
    private readonly Option<int?> _attempts = new("--attempts") { Description = "Candidates tried at most; default 3.", HelpName = "N" };
    private readonly Option<bool> _why = new("--why") { Description = "Print every test with its numbers." };

    public override string Name => "loop";

    public override string Description => "Trains, proves by cohort, and releases; when the gate blocks, mines the failures and tries again. Exit 0 released, 2 blocked, 3 inconclusive. Example: nearfar loop samples/helpdesk";

    protected override void Declare(Command command)
    {
        command.Add(_workspace);
        command.Add(_attempts);
        command.Add(_why);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var workspace = await context.OpenTrainableWorkspaceAsync(context.Parsed.GetValue(_workspace));
        var options = workspace.LoopOptions(context.Seed);
        using var frozen = await workspace.OpenBaseAsync(context.Clock, null, context.Cancellation);
        options = options with { Base = frozen, Attempts = context.Parsed.GetValue(_attempts) ?? options.Attempts };
        var data = workspace.LoopData();
        GateSetHint.Say(context, workspace);
        var loop = new ReleaseLoop(data, options, context.Clock);
        var outcome = await context.WithProgress("loop", say => loop.RunAsync(
            new LoopProgress
            {
                Stage = new Line(say),
                Training = new TrainingWarnings(context, new TrainingLine(say)),
                Attempt = new AttemptLine(attempt => Show(context, workspace, attempt)),
            },
            context.Cancellation));
        ModelFinder.Close(context, frozen);
        Conclude(context, workspace, outcome);
        return outcome.ExitCode;
    }

    private void Show(VerbContext context, Workspace workspace, LoopAttempt attempt)
    {
        var input = RunReport.Write(workspace.Options.Name, workspace.LoopData(), attempt);
        context.Say($"Run {attempt.Model.Record.Name}, attempt {attempt.Decision.Attempt} on this gate set: trained on {attempt.Model.Record.Pairs} pairs, kept step {attempt.Model.Record.Step} of {attempt.Model.Record.Steps}.");
        TrainVerb.SayIfStart(context, attempt.Model.Record);
        foreach (string line in ConsoleSummary.Lines(input, context.Parsed.GetValue(_why)))
        {
            context.Say(line);
        }

        context.Say();
    }

    private static void Conclude(VerbContext context, Workspace workspace, LoopOutcome outcome)
    {
        context.Emit(new
        {
            end = outcome.End,
            exit_code = outcome.ExitCode,
            outcome.Space,
            outcome.Report,
            attempts = outcome.Attempts.Select(a => new { run = a.Model.Record.Name, verdict = a.Decision.Verdict, a.Decision.Attempt, a.Decision.FirstLine, report = RunReport.HtmlPath(a.Folder) }),
        });
        context.Say(outcome.End switch
        {
            LoopEnd.Released => $"Released: {outcome.Space} is current.",
            LoopEnd.AlreadyCurrent => $"Already current: {outcome.Space} is what these data and options give.",
            LoopEnd.Inconclusive => "Inconclusive: the data do not decide. The reasons above say how many more questions would.",
            LoopEnd.BlockedBefore => $"Blocked before: {outcome.Space} was trained on these very pairs and blocked on this gate set. The gate was not opened; nothing was spent.",
            LoopEnd.NothingToMine => "Blocked, and its failures hold nothing that was not trained on already.",
            _ => "Blocked: the last candidate was mined too; the next loop goes on from there.",
        });
        if (outcome.Report is { } report)
        {
            context.Say($"Report: {report}");
        }

        string folder = Path.GetDirectoryName(workspace.Path) is { Length: > 0 } path ? path : ".";
        if (outcome.Attempts.Count > 0 && outcome.Attempts[^1] is var last && IsBlockedByKeywordsAlone(last.Decision))
        {
            context.Say($"Only keyword search stands above it. Judge both together: nearfar eval {folder} --model {last.Model.Record.Name} --hybrid weighted. A start model (encoder.from) or train.preset: best may close the gap.");
        }

        context.Next(outcome.End switch
        {
            LoopEnd.Released or LoopEnd.AlreadyCurrent => $"nearfar search --workspace {folder}",
            LoopEnd.Inconclusive => $"add gate questions to the cohorts named above, then nearfar check {folder}",
            LoopEnd.BlockedBefore => $"change the training pairs, then nearfar loop {folder}; or judge another recipe on them knowingly: nearfar train --name NAME{context.WorkspaceFlag}, nearfar gate NAME{context.WorkspaceFlag}",
            LoopEnd.NothingToMine => $"add training pairs for the cohorts named above, then nearfar loop {folder}",
            _ => $"nearfar loop {folder}",
        });
    }

    private static bool IsBlockedByKeywordsAlone(GateDecision decision) =>
        decision.Verdict == Verdict.Blocked && decision.Reasons.Where(r => r.Outcome == TestOutcome.Bad).Select(r => r.Reference).Distinct().SequenceEqual([ReferenceKind.Bm25]);

    private sealed class Line(Action<string> say) : IProgress<string>
    {
        public void Report(string value) => say(value);
    }

    private sealed class AttemptLine(Action<LoopAttempt> show) : IProgress<LoopAttempt>
    {
        public void Report(LoopAttempt value) => show(value);
    }
}
