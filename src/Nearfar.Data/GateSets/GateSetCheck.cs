using System.Globalization;
using Nearfar.Data.Checking;
using Nearfar.Gating.Sets;
using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Data.GateSets;

/// <summary>The rules of <see cref="WorkspaceGateSet.CheckAsync"/>.</summary>
internal sealed class GateSetCheck(Workspace workspace, WorkspaceRows rows, GateSetAdmission admission, int pending, ulong seed)
{
    private const double LargeMove = 0.1;
    private const double FewKnown = 0.8;
    private static readonly CohortRule[] s_derived =
    [
        new() { Attribute = "query_length", From = "query.words", Edges = [4, 9, 16] },
        new() { Attribute = "script", From = "query.script" },
    ];

    private readonly FindingList _findings = new();
    private readonly RowSet<Pair> _gate = rows.Gate!;

    public GateSetCheckReport Run(CancellationToken cancellationToken)
    {
        var manifest = rows.Frozen?.Manifest;
        Admit();
        var set = Build();
        cancellationToken.ThrowIfCancellationRequested();
        Version(set);
        Duplicates();
        var report = new GateSetCheckReport { Findings = [], Errors = 0, Warnings = 0, Manifest = manifest, Pending = pending };
        if (set is not null)
        {
            Negatives(set);
            cancellationToken.ThrowIfCancellationRequested();
            var (shares, notCompared) = Shares(set);
            cancellationToken.ThrowIfCancellationRequested();
            report = report with
            {
                Cohorts = Sizes(set),
                Negatives = _gate.Rows.Sum(r => r.HardNegatives.Count),
                Reviewed = _gate.Rows.Sum(r => r.HardNegatives.Count(n => FrozenGateSet.IsReviewed(r, n))),
                Shares = shares,
                NotCompared = notCompared,
                Coverage = Coverage(set),
            };
        }

        return report with { Findings = _findings.ToList(), Errors = _findings.Count(FindingSeverity.Error), Warnings = _findings.Count(FindingSeverity.Warning) };
    }

    private void Admit()
    {
        foreach (var refusal in admission.Refusals(_gate))
        {
            _findings.Error(refusal.Rule, refusal.Problem);
        }
    }

    private GateSet? Build()
    {
        try
        {
            return workspace.Builder().Gate(_gate);
        }
        catch (NearfarException e)
        {
            _findings.Error("judgement", DataProblem.Of(e, _gate.Path));
            return null;
        }
    }

    private void Version(GateSet? set)
    {
        if (rows.Frozen is not { } frozen)
        {
            _findings.Warning("not-frozen", _gate.Path, 0, "The set was never frozen: its negatives are what the rows happen to name, and any edit makes another set.", "Run: nearfar gateset freeze");
            return;
        }

        if (pending > 0)
        {
            _findings.Warning("pending", workspace.Options.Data.Gate!.Path, 0, $"{pending} rows are in no frozen version; the gate does not ask them.", "Run: nearfar gateset freeze");
        }

        foreach (string change in set is null ? [] : frozen.Changes(set))
        {
            _findings.Error("changed-since-freeze", _gate.Path, 0, $"Version {frozen.Manifest.Version} is not what was frozen: {change}.", "Put it back, or run: nearfar gateset freeze");
        }

        Stale(frozen);
    }

    // Positives whose text is another than when somebody judged it.
    private void Stale(FrozenGateSet frozen)
    {
        for (int i = 0; i < _gate.Rows.Count; i++)
        {
            foreach (string id in _gate.Rows[i].PositiveIds.Where(id => rows.Corpus.TryGet(id, out var document)
                && frozen.Manifest.Documents.TryGetValue(id, out string? then) && ContentHash.IdOf(document.Content) != then))
            {
                _findings.Warning("stale-positive", _gate.Path, _gate.Lines[i], $"Answer \"{id}\" of row \"{_gate.Rows[i].Id}\" was rewritten since version {frozen.Manifest.Version} was frozen.", "Read whether it still answers; then nearfar gateset freeze, or change the row.");
            }
        }
    }

    private void Duplicates()
    {
        var folds = new Dictionary<string, int>(StringComparer.Ordinal);
        var index = new NearDuplicateIndex();
        for (int i = 0; i < _gate.Rows.Count; i++)
        {
            var row = _gate.Rows[i];
            string relation = "repeats";
            if (!folds.TryGetValue(FoldKeys.Of(row.Query), out int earlier))
            {
                folds.Add(FoldKeys.Of(row.Query), i);
                earlier = index.Find(Shingles.Of(row.Query)) is [var near, ..] ? near : -1;
                relation = "is a near-duplicate of";
            }

            if (earlier >= 0 && _gate.Rows[earlier].FoldKey != row.FoldKey)
            {
                _findings.Warning("duplicate-question", _gate.Path, _gate.Lines[i], $"Question \"{row.Query}\" {relation} \"{_gate.Rows[earlier].Query}\" (line {_gate.Lines[earlier]}).", "Two rows of one question count it twice: keep one, or give both one query_id.");
            }
            else if (earlier >= 0 && relation == "repeats")
            {
                _findings.Warning("duplicate-question", _gate.Path, _gate.Lines[i], $"Question \"{row.Query}\" stands on line {_gate.Lines[earlier]} already.", "Scores fold it; keep one.");
            }

            index.Add(Shingles.Of(row.Query));
        }
    }

    private void Negatives(GateSet set)
    {
        int without = set.Queries.Count(q => q.NegativeIds.Count == 0);
        if (without > 0)
        {
            _findings.Warning("no-negatives", _gate.Path, 0, $"{without} of {set.Queries.Count} questions have no negatives, so no margin.", "Run: nearfar gateset freeze");
        }

        int[] counts = [.. set.Queries.Select(q => q.NegativeIds.Count).Where(n => n > 0).Distinct().Order()];
        if (counts.Length > 1)
        {
            _findings.Warning("uneven-negatives", _gate.Path, 0, $"Questions have between {counts[0]} and {counts[^1]} negatives; the hardest of more is harder, so margins of cohorts do not compare.", "Run: nearfar gateset freeze, which draws the same number for each.");
        }

        foreach (var (rule, value) in set.Rules.SelectMany(r => r.Protected.Select(v => (r, v))).Where(p => set.Queries.All(q => q.Cohorts[p.r.Attribute] != p.v)))
        {
            _findings.Error("protected-cohort", _gate.Path, 0, $"The protected cohort {rule.Attribute}={value} has no question.", "Add questions, or stop protecting it: the gate cannot pass without them.");
        }
    }

    private static List<CohortSize> Sizes(GateSet set)
    {
        var sizes = new List<CohortSize> { Size(set.Queries, "", "", false) };
        foreach (var rule in set.Rules.OrderBy(r => r.Attribute != PageCohort.Attribute))      // known and new pages first; stable
        {
            sizes.AddRange(set.Queries.GroupBy(q => q.Cohorts[rule.Attribute], StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => Size(g, rule.Attribute, g.Key, rule.Protected.Contains(g.Key, StringComparer.Ordinal))));
        }

        return sizes;
    }

    private static CohortSize Size(IEnumerable<JudgedQuery> queries, string attribute, string value, bool isProtected) =>
        new("gate", attribute, value, queries.Count(), queries.Select(q => q.Cluster).Distinct(StringComparer.Ordinal).Count(), isProtected);

    private (List<ShareComparison> Shares, List<string> NotCompared) Shares(GateSet set)
    {
        var traffic = workspace.Traffic.DistinctBy(t => FoldKeys.Of(t.Query), StringComparer.Ordinal).ToList();
        if (traffic.Count == 0)
        {
            return ([], []);
        }

        CohortRule[] declared = [.. workspace.Options.Cohorts.Where(r => r.Attribute != PageCohort.Attribute)];
        CohortRule[] derived = [.. s_derived.Where(d => declared.All(r => r.Attribute != d.Attribute && r.From != d.From))];
        var resolver = new CohortResolver([.. declared, .. derived], workspace.Options.AsOf);
        var gate = set.Queries.Select(q => Merge(q.Cohorts, new CohortResolver(derived, null).Resolve(q.Query, q.Cohorts, null))).ToList();
        var asked = traffic.Select(t => Resolve(resolver, t)).ToList();
        var shares = new List<ShareComparison>();
        var notCompared = new List<string>();
        foreach (string attribute in declared.Concat(derived).Select(r => r.Attribute))
        {
            if (ShareComparison.Of(attribute, [.. gate.Select(q => q[attribute])], [.. asked.Select(t => t[attribute])], seed) is { } comparison)
            {
                shares.Add(comparison);
            }
            else
            {
                notCompared.Add(attribute);
            }
        }

        Judge(shares);
        return ([.. shares.OrderByDescending(s => s.Moved - s.MovedByChance).ThenBy(s => s.Attribute, StringComparer.Ordinal)], notCompared);
    }

    private IReadOnlyDictionary<string, string> Resolve(CohortResolver resolver, TrafficRow row)
    {
        try
        {
            return resolver.Resolve(row.Query, row.Cohorts, row.KnownRightIds.Select(id => rows.Corpus.TryGet(id, out var d) ? d : null).FirstOrDefault(d => d is not null));
        }
        catch (NearfarException e)
        {
            throw new NearfarException(workspace.Options.Data.Traffic!.Path, 0, $"row \"{row.Id}\": {e.Message}", e);
        }
    }

    private static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b)
    {
        var merged = new Dictionary<string, string>(a, StringComparer.Ordinal);
        foreach (var (key, value) in b)
        {
            merged[key] = value;
        }

        return merged;
    }

    private void Judge(List<ShareComparison> shares)
    {
        double[] adjusted = ShareComparison.Holm([.. shares.Select(s => s.P)]);
        for (int i = 0; i < shares.Count; i++)
        {
            var share = shares[i];
            if (share.Moved - share.MovedByChance < LargeMove || adjusted[i] >= 0.05)
            {
                continue;
            }

            // With a real move there is one value that traffic has more of and one that it has less of.
            var (missing, surplus) = (share.Values.MaxBy(v => v.Difference)!, share.Values.MinBy(v => v.Difference)!);
            string known = share.TrafficKnown < FewKnown * share.Traffic ? $" (known for {Percent(share.TrafficKnown, share.Traffic)} of traffic only)" : "";
            _findings.Warning("unlike-traffic", _gate.Path, 0,
                string.Create(CultureInfo.InvariantCulture, $"{share.Attribute}: {share.Moved:P0} of the gate would have to ask something else to be as traffic{known}; {share.MovedByChance:P0} is chance at these sizes. Asked too seldom: {Both(missing, share)}; too often: {Both(surplus, share)}."),
                $"Add questions with {share.Attribute} {missing.Value}, and read overall results with this in mind.");
        }
    }

    private TrafficCoverage? Coverage(GateSet set)
    {
        var coverage = TrafficCoverage.Of(set, workspace.Traffic);
        if (coverage is not null && coverage.Low > TrafficCoverage.Expected)
        {
            _findings.Warning("uncovered-traffic", workspace.Options.Data.Traffic!.Path, 0,
                string.Create(CultureInfo.InvariantCulture, $"{coverage.Unlike} of {coverage.Questions} distinct traffic questions ({(double)coverage.Unlike / coverage.Questions:P0}, at least {coverage.Low:P0}) resemble no gate question; {TrafficCoverage.Expected:P0} is usual."),
                "Judge some of those listed and add them: nearfar gateset add.");
        }

        return coverage;
    }

    private static string Both(ShareDifference value, ShareComparison share) => $"{value.Value} ({Percent(value.Traffic, share.TrafficKnown)} of traffic, {Percent(value.Gate, share.GateKnown)} of the gate)";

    private static string Percent(int part, int whole) => string.Create(CultureInfo.InvariantCulture, $"{(double)part / whole:P0}");
}
