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
    private readonly Option<bool> _fast = new("--fast") { Description = "No rankings: quick on any size, and silent on unfound positives, easy negatives and hubs." };
    private readonly Option<bool> _full = new("--full") { Description = "Rankings whatever the size; they are left out beyond two billion question-document pairs." };
    private readonly Option<bool> _all = new("--all") { Description = $"Print every warning, hint and cohort, not the first {WarningsOfEachRule} of each rule and cohorts of {SmallCohorts.Least} questions on." };

    public override string Name => "check";

    public override string Description => "Reads all data and reports every error, duplicate, conflict and leak, and what each cohort can prove. Exit 1 on errors. Example: nearfar check samples/helpdesk";

    protected override void Declare(Command command)
    {
        command.Add(_workspace);
        command.Add(_fast);
        command.Add(_full);
        command.Add(_all);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var workspace = await context.OpenWorkspaceAsync(context.Parsed.GetValue(_workspace));
        var options = new CheckOptions { Ranking = Depth(context), Seed = context.Seed ?? 1 };
        var report = await context.WithProgress("check", say => WorkspaceCheck.RunAsync(workspace, options, new ProgressLine(say), context.Cancellation));
        context.Emit(report);
        Say(context, report);
        if (report.Cohorts.Count > 0)
        {
            context.Say();
            var (shown, folded) = context.Parsed.GetValue(_all) ? (report.Cohorts, []) : SmallCohorts.Fold(report.Cohorts, c => (c.Set, c.Attribute), c => c.IsProtected ? int.MaxValue : c.Questions);
            context.Table(["set", "cohort", "questions", "pages", "smallest provable change"],
                shown.Select(c => (IReadOnlyList<string>)[c.Set, $"{(c.Attribute.Length == 0 ? "all" : $"{c.Attribute}={c.Value}")}{(c.IsProtected ? " (protected)" : "")}",
                    c.Questions.ToString(CultureInfo.InvariantCulture), c.Clusters.ToString(CultureInfo.InvariantCulture),
                    c.Questions == 0 ? "none" : c.SmallestEffect.ToString("0.000", CultureInfo.InvariantCulture)]), 2, 3, 4);
            foreach (var (group, count) in folded)
            {
                context.Say($"{group.Set}, {group.Attribute}: … and {SmallCohorts.Words(count)}: --all lists them.");
            }

            context.Say(string.Create(CultureInfo.InvariantCulture, $"Smallest change of a share that would be shown with power .8 where {CohortSize.AssumedDisagreement:P0} of the questions change."));
        }

        context.Say($"{report.Errors} errors, {report.Warnings} warnings.");
        string folder = Path.GetDirectoryName(workspace.Path) is { Length: > 0 } path ? path : ".";
        context.Next(report.Errors > 0 ? $"mend the errors above, then nearfar check {folder}" : $"nearfar loop {folder}");
        return report.Errors > 0 ? 1 : 0;
    }

    private RankingDepth Depth(VerbContext context) => (context.Parsed.GetValue(_fast), context.Parsed.GetValue(_full)) switch
    {
        (true, true) => throw new NearfarException("--fast and --full exclude each other. Give one."),
        (true, _) => RankingDepth.Never,
        (_, true) => RankingDepth.Always,
        _ => RankingDepth.BySize,
    };

    private void Say(VerbContext context, CheckReport report)
    {
        bool all = context.Parsed.GetValue(_all);
        foreach (var rule in report.Findings.GroupBy(f => (f.Severity, f.Rule)))
        {
            bool shorten = !all && rule.Key.Severity != FindingSeverity.Error && rule.Count() > WarningsOfEachRule;
            // One error on every line of a file is said once; other errors are told in full.
            foreach (var kind in (shorten ? rule.Take(WarningsOfEachRule) : rule).GroupBy(f => (f.Path, f.Message)))
            {
                Finding[] same = [.. kind];
                bool fold = !all && same.Length > WarningsOfEachRule;
                foreach (var finding in fold ? same.Take(1) : same)
                {
                    context.Say(finding.ToString());
                }

                if (fold)
                {
                    context.Say($"{same[0].Path}: the same on {same.Length - 1} more lines: --all prints them.");
                }
            }

            if (shorten)
            {
                long count = report.Rules.Single(r => r.Rule == rule.Key.Rule && r.Severity == rule.Key.Severity).Count;
                context.Say($"{(rule.Key.Severity == FindingSeverity.Warning ? "warning" : "info")} [{rule.Key.Rule}] {count} in all: --all prints more of them.");
            }
        }
    }

    private sealed class ProgressLine(Action<string> say) : IProgress<string>
    {
        public void Report(string value) => say("check: " + value);
    }
}
