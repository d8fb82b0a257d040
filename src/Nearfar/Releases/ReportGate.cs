using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Pairs;
using Nearfar.Search;

namespace Nearfar.Releases;

/// <summary>A report and what the gate decided about it.</summary>
/// <param name="Decision">The decision.</param>
/// <param name="References">What it was compared with.</param>
/// <param name="Folder">Holds <c>report.json</c> and <c>decision.json</c>.</param>
public sealed record ReportVerdict(GateDecision Decision, IReadOnlyList<GateReference> References, string Folder);

/// <summary>Opens the gate for a report alone: a served ranking, or an encoder that no run of this workspace made.</summary>
/// <remarks>Counted in the ledger like any opening. A ranking without vectors has no space: its report's hash stands in the ledger.</remarks>
public sealed class ReportGate
{
    private readonly GateSet _gate;
    private readonly GatePolicy _policy;
    private readonly string _output;
    private readonly ReleaseLedger _ledger;

    /// <param name="gate">The set that the report was made on.</param>
    /// <param name="policy">The rule.</param>
    /// <param name="output">The workspace's output folder.</param>
    /// <param name="clock">Dates the ledger.</param>
    public ReportGate(GateSet gate, GatePolicy policy, string output, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(gate);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentException.ThrowIfNullOrWhiteSpace(output);
        _gate = gate;
        _policy = policy;
        _output = output;
        _ledger = new ReleaseLedger(Path.Combine(output, "releases"), clock);
    }

    /// <summary>The frozen encoder of released adapters whose folders hold no copy of it; null: there are none.</summary>
    public IEncoder? Base { get; init; }

    /// <summary>Where floors of another space are carried over; null: only by <see cref="DevReports"/>.</summary>
    public DevSet? Dev { get; init; }

    /// <summary>Makes the untrained encoder, for floors that were found in its space; null: there is none.</summary>
    public Func<IEncoder>? Start { get; init; }

    /// <summary>Reports on dev: the candidate's, and that of another space in which floors were found. Default none.</summary>
    public IReadOnlyList<EvalReport> DevReports { get; init; } = [];

    /// <summary>Decides about a report, writes it and the decision to <c>runs/served-HASH/</c>, and the ledger's line.</summary>
    /// <param name="candidate">Made on the gate set, by <c>eval --set gate</c>.</param>
    /// <param name="reference">What is served now; null: the policy must compare with BM25, which is scored here.</param>
    /// <param name="cancellationToken">Stops the scoring of BM25 and of earlier releases.</param>
    /// <remarks>
    /// Slow decline is looked for as for a run (G4): a report with a space is held against the releases of the ledger, a served ranking against those that passed before.
    /// Floors of space <c>current</c> are of the reference's space, or of the last release where there is no reference.
    /// </remarks>
    /// <exception cref="NearfarException">Combinations that no decision can be made of: each is named with what to do.</exception>
    public async Task<ReportVerdict> JudgeAsync(EvalReport candidate, EvalReport? reference, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        var floors = new ReportFloors(_policy, _ledger, Dev, Start, () => Base, DevReports);
        var resolved = Legal(candidate, reference, floors);
        var calibrations = await floors.CarryAsync(resolved, candidate, cancellationToken).ConfigureAwait(false);
        string hash = candidate.ComputeHash();
        string space = candidate.Space?.Id ?? $"report-{hash[..16]}";
        string name = EarlierReleases.ServedName(candidate);
        string folder = Path.Combine(_output, "runs", name);
        string policy = _policy.ComputeHash();
        var entries = _ledger.Read();
        IReadOnlyList<GateReference> references = [reference is null
            ? new(ReferenceKind.Bm25, await new Evaluator().EvaluateAsync(new Bm25Index(_gate.Corpus), _gate, cancellationToken).ConfigureAwait(false))
            : new(ReferenceKind.Current, reference)];
        string path = GateOpening.DecisionPath(folder);
        if (File.Exists(path) && entries.LastOrDefault(e => e.Event == LedgerEvent.Gate && e.Run == name && e.GateSet == _gate.Hash) is { } known && known.Decision == GateOpening.HashOf(path)
            && GateDecisionJson.Load(path) is { } decided && decided.PolicyHash == resolved.ComputeHash() && !HasNewFloors(decided, calibrations) && decided.References.Select(r => r.Hash).SequenceEqual(references.Select(r => r.Report.ComputeHash())))
        {
            return new ReportVerdict(decided, references, folder);
        }

        GateRecord.ThrowIfPolicyChanged(entries, space, _gate.Hash, policy);
        var notes = GateRecord.Notes(entries, _gate.Hash, policy).ToList();
        var earlier = new EarlierReleases(_ledger, _output, _gate, () => Base);
        var decision = new ReleaseGate(resolved).Decide(new GateInput
        {
            Candidate = candidate,
            References = references,
            Attempt = ReleaseLedger.AttemptsOn(entries, _gate.Hash) + 1,
            SetHash = _gate.Hash,
            // A model has the models before it, a served ranking the rankings that passed before it.
            Earlier = candidate.Space is null ? earlier.OfServed(_policy, entries, candidate, reference)
                : await earlier.OfModelsAsync(_policy, entries, space, reference?.Space?.Id, notes, cancellationToken).ConfigureAwait(false),
            Notes = notes,
            Calibrations = calibrations,
        });
        EvalReportJson.Save(Path.Combine(folder, "report.json"), candidate);
        if (reference is not null)
        {
            EvalReportJson.Save(Path.Combine(folder, "reference.json"), reference);
        }

        GateDecisionJson.Save(path, decision);
        GateRecord.Append(_ledger, entries, decision, path, space, name, policy);
        return new ReportVerdict(decision, references, folder);
    }

    // What was advice for want of a report on dev, and would decide now.
    private static bool HasNewFloors(GateDecision decided, IReadOnlyList<FloorCalibration> calibrations) =>
        decided.Advice.Any(a => a.Rule == "floor" && calibrations.Any(c => c.Floor.Metric == a.Metric && (c.Floor.IsFamily ? a.Cohort?.Attribute == c.Floor.Cohort?.Attribute : a.Cohort == c.Floor.Cohort)));

    private GatePolicy Legal(EvalReport candidate, EvalReport? reference, ReportFloors floors)
    {
        var problems = new List<string>();
        if (reference is null && _policy.Reference != ReferenceKind.Bm25)
        {
            problems.Add(_policy.Reference == ReferenceKind.Current
                ? "the policy compares with the current release, which for a report is another report: name it with --reference FILE, or set gate.reference: bm25"
                : "the policy compares with the untrained encoder, which a report has none of: set gate.reference to bm25 or current");
        }

        if (reference is not null && _policy.Reference != ReferenceKind.Current)
        {
            problems.Add($"--reference is what is served now, but the policy compares with {Names.Of(_policy.Reference)}: leave it out, or set gate.reference: current");
        }

        if (reference is not null && reference.ComputeHash() == candidate.ComputeHash())
        {
            problems.Add("candidate and reference are one report: nothing is to be decided");
        }

        if (candidate.Space is null && _policy.Floors.FirstOrDefault(f => MetricNames.CutoffOf(f.Metric) == 0) is { } floor)
        {
            problems.Add($"the policy has a floor on {floor.Metric}, and a ranking without vectors has no margins: put floors on retrieval measures, or gate the encoder");
        }

        var resolved = floors.Resolved(candidate, reference, problems);
        ReportFloors.ThrowIfAny(problems);
        return resolved;
    }
}
