using System.CommandLine;
using Nearfar.Data;
using Nearfar.Releases;
using Nearfar.Reporting;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar gate</c>: the verdict on one trained run. Opens the gate set, which the ledger counts.</summary>
internal sealed class GateVerb : Verb
{
    private readonly Argument<string> _run = new("run") { Description = "Run name under runs/, such as 001 or train." };
    private readonly Option<bool> _why = new("--why") { Description = "Print every test with its numbers." };

    public override string Name => "gate";

    public override string Description => "Decides whether a run may be released; the ledger counts the opening. Exit 0 passed, 2 blocked, 3 inconclusive. Example: nearfar gate train";

    protected override void Declare(Command command)
    {
        command.Add(_run);
        command.Add(_why);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var workspace = await context.OpenWorkspaceAsync();
        string name = context.Parsed.GetRequiredValue(_run);
        string folder = Path.Combine(workspace.Output, "runs", name);
        var model = TrainedModel.Load(folder);
        GateSetHint.Say(context, workspace);
        var gate = new GateOpening(workspace.LoopData(), workspace.LoopOptions(context.Seed), context.Clock);
        var attempt = await context.WithProgress("gate", _ => gate.JudgeAsync(model, folder, context.Cancellation));
        var input = RunReport.Write(workspace.Options.Name, workspace.LoopData(), attempt);
        context.Emit(new { verdict = attempt.Decision.Verdict, exit_code = attempt.Decision.ExitCode, attempt.Decision.Attempt, attempt.Decision.FirstLine, report = RunReport.HtmlPath(folder), decision = Path.Combine(folder, "decision.json") });
        foreach (string line in ConsoleSummary.Lines(input, context.Parsed.GetValue(_why)))
        {
            context.Say(line);
        }

        context.Say($"Report: {RunReport.HtmlPath(folder)}");
        context.Next(attempt.Decision.ExitCode switch
        {
            0 => $"nearfar release promote {name} --by YOU",
            3 => "add gate questions to the cohorts named above, then nearfar check",
            _ => $"nearfar mine --model {name} --from-failures",
        });
        return attempt.Decision.ExitCode;
    }
}
