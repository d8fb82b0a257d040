using System.CommandLine;
using System.Globalization;
using Nearfar.Data;
using Nearfar.Data.Checking;
using Nearfar.Data.GateSets;
using Nearfar.Gating.Sets;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar gateset</c>: adds questions to the gate set, freezes, compares and checks it.</summary>
internal sealed class GateSetVerb : Verb
{
    private const int ShownExamples = 5;
    private const int ShownIds = 10;

    private readonly Argument<string> _action = new("action") { Description = "add, freeze, diff or check." };
    private readonly Argument<string[]> _targets = new("what") { Description = "add: a JSONL, CSV or Parquet file of judged questions. diff: two versions, such as 1 2.", Arity = new ArgumentArity(0, 2) };
    private readonly Option<bool> _traffic = new("--from-traffic") { Description = "add: take the judged questions of the workspace's traffic." };
    private readonly Option<bool> _skip = new("--skip-refused") { Description = "add: write the good rows though others are refused." };
    private readonly Option<int?> _perQuery = new("--per-query") { Description = "freeze: negatives of each question; default 6, or as the version before.", HelpName = "N" };
    private readonly Option<int?> _depth = new("--depth") { Description = "freeze: documents that each ranker gives to a pool; default 10, or as the version before.", HelpName = "N" };
    private readonly Option<bool> _newPages = new("--new-pages-only") { Description = "freeze: refuse questions about pages that training knows." };
    private readonly Option<string?> _because = new("--because") { Description = "freeze: why frozen rows are changed, removed or drawn again; kept in the manifest.", HelpName = "TEXT" };
    private readonly Option<string?> _baseline = new("--baseline") { Description = "freeze: model that gives to the pools; default: the current release, else the untrained encoder.", HelpName = "MODEL" };
    private readonly Option<bool> _all = new("--all") { Description = "check: print every finding, cohort and traffic question." };

    public override string Name => "gateset";

    public override string Description => "Keeps the gate's questions: adds judged ones, freezes a version with negatives from all sides, compares versions, checks it against training and traffic. Example: nearfar gateset freeze; nearfar gateset check";

    protected override void Declare(Command command)
    {
        _action.AcceptOnlyFromAmong("add", "freeze", "diff", "check");
        command.Add(_action);
        command.Add(_targets);
        foreach (Option option in new Option[] { _traffic, _skip, _perQuery, _depth, _newPages, _because, _baseline, _all })
        {
            command.Add(option);
        }
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        string action = context.Parsed.GetRequiredValue(_action);
        ThrowIfMisplaced(context, action);
        var workspace = await context.OpenWorkspaceAsync();
        var set = new WorkspaceGateSet(workspace, context.Clock);
        return action switch
        {
            "add" => Add(context, set),
            "freeze" => await FreezeAsync(context, workspace, set),
            "diff" => Diff(context, set),
            _ => await CheckAsync(context, set),
        };
    }

    private void ThrowIfMisplaced(VerbContext context, string action)
    {
        (Option Option, string Action)[] owners =
        [
            (_traffic, "add"), (_skip, "add"), (_perQuery, "freeze"), (_depth, "freeze"), (_newPages, "freeze"), (_because, "freeze"), (_baseline, "freeze"), (_all, "check"),
        ];
        var misplaced = owners.Where(o => o.Action != action && context.Parsed.GetResult(o.Option) is { Implicit: false }).Select(o => $"{o.Option.Name} belongs to {o.Action}").ToList();
        int targets = Targets(context).Length;
        bool traffic = context.Parsed.GetValue(_traffic);
        misplaced.AddRange(action switch
        {
            "add" when targets != (traffic ? 0 : 1) => ["add wants one file of questions, or --from-traffic"],
            "diff" when targets != 2 => ["diff wants two versions, such as: nearfar gateset diff 1 2"],
            "freeze" or "check" when targets > 0 => [$"{action} takes no file or version"],
            _ => Array.Empty<string>(),
        });
        if (misplaced.Count > 0)
        {
            throw new NearfarException($"{string.Join("; ", misplaced)}.");
        }
    }

    private int Add(VerbContext context, WorkspaceGateSet set)
    {
        bool skip = context.Parsed.GetValue(_skip);
        var added = context.Parsed.GetValue(_traffic) ? set.AddTraffic(skip) : set.Add(Targets(context)[0], skip);
        context.Emit(added);
        foreach (var refusal in added.Refused)
        {
            context.Say($"{refusal.Problem.Path}:{Number(refusal.Problem.Line)}: refused [{refusal.Rule}] {refusal.Problem.Message}");
        }

        if (added.NotJudged > 0)
        {
            context.Say($"{added.NotJudged} traffic rows have no expected or judged document; they were left.");
        }

        if (added.Added.Count > 0 && added.Failures == added.Added.Count)
        {
            context.Note("warning: every added question is a failure of the system that served it. Whoever answers otherwise looks better on them than he is: judge a random sample of traffic too.");
        }

        bool refused = added.Refused.Count > 0 && !skip;
        int rows = added.Refused.Select(r => r.RowId).Distinct(StringComparer.Ordinal).Count();
        context.Say(refused ? $"Nothing was added: {rows} rows are refused. Mend them, or add the others with --skip-refused."
            : $"{added.Added.Count} questions added{(rows > 0 ? $", {rows} rows refused" : "")}.");
        context.Next((refused ? "mend the rows above, then nearfar gateset add" : added.Added.Count > 0 ? "nearfar gateset freeze" : "nearfar gateset check") + context.WorkspaceFlag);
        return refused ? 1 : 0;
    }

    private async Task<int> FreezeAsync(VerbContext context, Workspace workspace, WorkspaceGateSet set)
    {
        var options = set.DefaultOptions();
        options = options with
        {
            PerQuery = context.Parsed.GetValue(_perQuery) ?? options.PerQuery,
            Depth = context.Parsed.GetValue(_depth) ?? options.Depth,
            Seed = context.Seed ?? options.Seed,
            NewPagesOnly = options.NewPagesOnly || context.Parsed.GetValue(_newPages),
            Because = context.Parsed.GetValue(_because),
        };
        var baseline = context.Parsed.GetValue(_baseline) is { } model ? await ModelFinder.LoadAsync(context, model, workspace) : await ModelFinder.BaselineAsync(context, workspace);
        var (frozen, isNew) = await context.WithProgress("freeze", _ => set.FreezeAsync(options, baseline, context.Cancellation));
        ModelFinder.Close(context, baseline);
        var manifest = frozen.Manifest;
        context.Emit(new { is_new = isNew, manifest });
        if (!isNew)
        {
            context.Say($"Nothing changed: version {manifest.Version} ({manifest.Hash[..12]}) stands.");
            context.Next($"nearfar gateset check{context.WorkspaceFlag}");
            return 0;
        }

        context.Say($"Version {manifest.Version} ({manifest.Hash[..12]}): {manifest.Questions} questions, {manifest.KnownPages} about known pages, {manifest.Questions - manifest.KnownPages} about new ones.");
        context.Say($"{manifest.PerQuery} negatives a question, drawn with seed {manifest.Seed} from {string.Join(", ", manifest.Rankers.Keys)} and what was authored; {Share(manifest.Reviewed, manifest.Negatives)} of {manifest.Negatives} written, judged or reviewed by a person.");
        if (manifest.Short > 0)
        {
            context.Say($"{manifest.Short} questions have fewer: their pools hold no more.");
        }

        foreach (var (reason, count) in manifest.LeftOut.OrderBy(l => l.Key, StringComparer.Ordinal))
        {
            context.Say($"  {count} kept out of pools: {reason}");
        }

        context.Say($"Rows, pools and manifest: {set.Folder.Path}");
        if (manifest.Version > 1)
        {
            context.Say("Reports on the version before do not compare: the gate scores candidate and reference again, and counts attempts anew.");
        }

        context.Next($"nearfar gateset check{context.WorkspaceFlag}, and commit the folder");
        return 0;
    }

    private int Diff(VerbContext context, WorkspaceGateSet set)
    {
        int[] versions = [.. Targets(context).Select(t => int.TryParse(t.TrimStart('v'), NumberStyles.None, CultureInfo.InvariantCulture, out int v) && v > 0 ? v
            : throw new NearfarException($"\"{t}\" is no version. Wanted numbers, such as: nearfar gateset diff 1 2"))];
        var diff = GateSetDiff.Of(set.Folder, versions[0], versions[1]);
        context.Emit(new
        {
            before = new { diff.Before.Version, diff.Before.Hash, diff.Before.Questions },
            after = new { diff.After.Version, diff.After.Hash, diff.After.Questions },
            diff.SameHash,
            diff.IsLawful,
            diff.Reasons,
            diff.Added,
            diff.Removed,
            diff.Changed,
            diff.Cohorts,
        });
        context.Say($"Version {diff.Before.Version} ({diff.Before.Hash[..12]}, {diff.Before.Questions} questions) to {diff.After.Version} ({diff.After.Hash[..12]}, {diff.After.Questions} questions).");
        context.Say($"{diff.Added.Count} rows added, {diff.Removed.Count} removed, {diff.Changed.Count(c => c.Fields.Count > 0)} judged differently, {diff.Changed.Count(c => c.NegativesAdded.Count + c.NegativesRemoved.Count > 0)} with other negatives.");
        Ids(context, "added", diff.Added);
        Ids(context, "removed", diff.Removed);
        Ids(context, "changed", [.. diff.Changed.Select(c => $"{c.Id} ({string.Join(", ", [.. c.Fields, .. c.NegativesAdded.Select(n => "+" + n), .. c.NegativesRemoved.Select(n => "-" + n)])})")]);
        context.Table(["cohort", "before", "after"], diff.Cohorts.Select(c => (IReadOnlyList<string>)[$"{c.Attribute}={c.Value}", Number(c.Before), Number(c.After)]), 1, 2);
        foreach (string reason in diff.Reasons)
        {
            context.Say($"Because: {reason}");
        }

        context.Say(!diff.IsLawful ? "Rows were removed or changed and no manifest says why: the folder was changed by hand."
            : diff.SameHash ? "One hash: reports on both compare." : "Two hashes: no report on the one compares with a report on the other.");
        context.Next(diff.IsLawful ? $"nearfar gateset check{context.WorkspaceFlag}" : "restore the folder from version control");
        return diff.IsLawful ? 0 : 1;
    }

    private async Task<int> CheckAsync(VerbContext context, WorkspaceGateSet set)
    {
        bool all = context.Parsed.GetValue(_all);
        var report = await context.WithProgress("check", _ => set.CheckAsync(context.Seed ?? 1, context.Cancellation));
        context.Emit(report);
        foreach (var rule in report.Findings.GroupBy(f => (f.Severity, f.Rule)))
        {
            bool shorten = !all && rule.Key.Severity == FindingSeverity.Warning && rule.Count() > 3;
            foreach (var finding in shorten ? rule.Take(3) : rule)
            {
                context.Say(finding.ToString());
            }

            if (shorten)
            {
                context.Say($"warning [{rule.Key.Rule}] and more of this kind: --all prints them.");
            }
        }

        context.Say(report.Manifest is { } manifest ? $"Version {manifest.Version} ({manifest.Hash[..12]}), frozen {manifest.Time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}." : "Not frozen.");
        context.Say($"Negatives: {report.Negatives}, {Share(report.Reviewed, report.Negatives)} written, judged or reviewed by a person.");
        Sizes(context, report, all);
        Shares(context, report);
        Coverage(context, report, all);
        context.Say();
        context.Say($"{report.Errors} errors, {report.Warnings} warnings.");
        context.Next((report.Errors > 0 ? "mend the errors above, then nearfar gateset check" : report.Manifest is null || report.Pending > 0 ? "nearfar gateset freeze" : "nearfar loop") + context.WorkspaceFlag);
        return report.Errors > 0 ? 1 : 0;
    }

    private static void Sizes(VerbContext context, GateSetCheckReport report, bool all)
    {
        context.Say();
        var shown = report.Cohorts.Where(c => all || c.Attribute is "" or "page" || c.IsProtected).ToList();
        context.Table(["cohort", "questions", "pages", "smallest provable change"], shown.Select(c => (IReadOnlyList<string>)
            [$"{(c.Attribute.Length == 0 ? "all" : $"{c.Attribute}={c.Value}")}{(c.IsProtected ? " (protected)" : "")}", Number(c.Questions), Number(c.Clusters), c.SmallestEffect.ToString("0.000", CultureInfo.InvariantCulture)]), 1, 2, 3);
        if (shown.Count < report.Cohorts.Count)
        {
            context.Say($"{report.Cohorts.Count - shown.Count} other cohorts: --all.");
        }
    }

    private static void Shares(VerbContext context, GateSetCheckReport report)
    {
        if (report.Shares.Count > 0)
        {
            context.Say();
            context.Table(["against traffic", "moved", "by chance", "p", "most different", "gate", "traffic", "difference (95 %)", "known"], report.Shares.Select(s =>
            {
                var worst = s.Values[0];
                return (IReadOnlyList<string>)[s.Attribute, Fixed(s.Moved), Fixed(s.MovedByChance), s.P.ToString("0.0000", CultureInfo.InvariantCulture), worst.Value, Share(worst.Gate, s.GateKnown), Share(worst.Traffic, s.TrafficKnown),
                    $"{Fixed(worst.Difference)} ({(worst.FewCases ? "about " : "")}{Fixed(worst.Low)} to {Fixed(worst.High)})", $"{Share(s.GateKnown, s.Gate)}, {Share(s.TrafficKnown, s.Traffic)}"];
            }), 1, 2, 3, 5, 6);
            context.Say("Moved: share of the gate that would have to ask something else to be as traffic is; by chance: what sets of these sizes show.");
        }

        if (report.NotCompared.Count > 0)
        {
            context.Say($"Not compared, since traffic or the set knows no value: {string.Join(", ", report.NotCompared)}.");
        }
    }

    private static void Coverage(VerbContext context, GateSetCheckReport report, bool all)
    {
        if (report.Coverage is not { } coverage)
        {
            return;
        }

        context.Say();
        context.Say(string.Create(CultureInfo.InvariantCulture, $"{coverage.Unlike} of {coverage.Questions} traffic questions ({coverage.Low:P0} to {coverage.High:P0}) resemble no gate question; {TrafficCoverage.Expected:P0} is usual."));
        foreach (var question in all ? coverage.Examples : coverage.Examples.Take(ShownExamples))
        {
            context.Say($"  {question.TrafficId}{(question.Asked > 1 ? $" (asked {question.Asked} times)" : "")}: {question.Query}");
        }
    }

    private static void Ids(VerbContext context, string what, IReadOnlyList<string> ids)
    {
        foreach (string id in ids.Take(ShownIds))
        {
            context.Say($"  {what}: {id}");
        }

        if (ids.Count > ShownIds)
        {
            context.Say($"  and {ids.Count - ShownIds} more {what}: --json lists them.");
        }
    }

    private string[] Targets(VerbContext context) => context.Parsed.GetValue(_targets) ?? [];

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Fixed(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Share(int part, int whole) => whole == 0 ? "0 %" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / whole:0} %");
}
