using System.CommandLine;
using System.Globalization;
using Nearfar.Data.Checking;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar check</c>: all that is wrong with the data, in one go.</summary>
internal sealed class CheckVerb : Verb
{
    // Two hundred lines of one warning hide the one that matters; errors are always told in full.
    private const int WarningsOfEachRule = 3;

    private readonly Argument<string?> _workspace = CommonOptions.Folder();
    private readonly Option<bool> _all = new("--all") { Description = $"Print every warning, not the first {WarningsOfEachRule} of each rule." };

    public override string Name => "check";

    public override string Description => "Reads all data and reports every error, duplicate, conflict and leak, and what each cohort can prove. Exit 1 on errors. Example: nearfar check samples/helpdesk";

    protected override void Declare(Command command)
    {
        command.Add(_workspace);
        command.Add(_all);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var workspace = await context.OpenWorkspaceAsync(context.Parsed.GetValue(_workspace));
        var report = await context.WithProgress("check", _ => WorkspaceCheck.RunAsync(workspace, context.Cancellation));
        context.Emit(report);
        Say(context, report.Findings);
        if (report.Cohorts.Count > 0)
        {
            context.Say();
            context.Table(["set", "cohort", "questions", "pages", "smallest provable change"],
                report.Cohorts.Select(c => (IReadOnlyList<string>)[c.Set, $"{(c.Attribute.Length == 0 ? "all" : $"{c.Attribute}={c.Value}")}{(c.IsProtected ? " (protected)" : "")}",
                    c.Questions.ToString(CultureInfo.InvariantCulture), c.Clusters.ToString(CultureInfo.InvariantCulture),
                    c.Questions == 0 ? "none" : c.SmallestEffect.ToString("0.000", CultureInfo.InvariantCulture)]), 2, 3, 4);
            context.Say(string.Create(CultureInfo.InvariantCulture, $"Smallest change of a share that would be shown with power .8 where {CohortSize.AssumedDisagreement:P0} of the questions change."));
        }

        context.Say($"{report.Errors} errors, {report.Warnings} warnings.");
        string folder = Path.GetDirectoryName(workspace.Path) is { Length: > 0 } path ? path : ".";
        context.Next(report.Errors > 0 ? $"mend the errors above, then nearfar check {folder}" : $"nearfar loop {folder}");
        return report.Errors > 0 ? 1 : 0;
    }

    private void Say(VerbContext context, IReadOnlyList<Finding> findings)
    {
        bool all = context.Parsed.GetValue(_all);
        foreach (var rule in findings.GroupBy(f => (f.Severity, f.Rule)))
        {
            bool shorten = !all && rule.Key.Severity == FindingSeverity.Warning && rule.Count() > WarningsOfEachRule;
            foreach (var finding in shorten ? rule.Take(WarningsOfEachRule) : rule)
            {
                context.Say(finding.ToString());
            }

            if (shorten)
            {
                context.Say($"warning [{rule.Key.Rule}] and more of this kind: --all prints them.");
            }
        }
    }
}
