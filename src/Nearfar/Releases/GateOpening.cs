using System.Security.Cryptography;
using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Search;
using Nearfar.Training;

namespace Nearfar.Releases;

/// <summary>Opens the gate for one candidate: the only place where a gate set meets a trained model, and every opening is counted.</summary>
public sealed class GateOpening
{
    private readonly LoopData _data;
    private readonly LoopOptions _options;
    private readonly ReleaseLedger _ledger;
    private readonly Evaluator _evaluator;
    private readonly Lazy<IEncoder> _start;
    private readonly EarlierReleases _earlier;

    /// <param name="data">The sets.</param>
    /// <param name="options">Policy, start and output folder.</param>
    /// <param name="clock">Dates the ledger.</param>
    /// <param name="start">The untrained encoder, when the caller has made it.</param>
    public GateOpening(LoopData data, LoopOptions options, TimeProvider clock, IEncoder? start = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        _data = data;
        _options = options;
        _ledger = new ReleaseLedger(Path.Combine(options.Output, "releases"), clock);
        _evaluator = new Evaluator();
        _start = new Lazy<IEncoder>(() => start ?? options.CreateStart(data.Train));
        _earlier = new EarlierReleases(_ledger, options.Output, data.Gate, () => _start.Value);
    }

    internal static string DecisionPath(string folder) => Path.Combine(folder, "decision.json");

    internal static string HashOf(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    /// <summary>Scores a candidate and its references on the gate set, decides, and writes <c>report.json</c>, <c>decision.json</c> and the ledger's line.</summary>
    /// <param name="model">The candidate.</param>
    /// <param name="folder">Its run folder.</param>
    /// <param name="cancellationToken">Stops between blocks.</param>
    /// <remarks>A candidate that was judged under this policy and set is not judged again: its decision and the reports it compared are read back.</remarks>
    /// <exception cref="NearfarException">The gate's integrity does not hold: no decision is made.</exception>
    public async Task<LoopAttempt> JudgeAsync(TrainedModel model, string folder, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        var start = _start.Value;
        var policy = WithSpaces(_options.Policy, start);
        var candidate = await EarlierReleases.CachedAsync(Path.Combine(folder, "report.json"), model.Encoder.Space.Id, _data.Gate, () => _evaluator.EvaluateAsync(model.Encoder, _data.Gate, cancellationToken)).ConfigureAwait(false);
        var entries = _ledger.Read();
        var known = entries.LastOrDefault(e => e.Event == LedgerEvent.Gate && e.Space == model.Record.Space && e.GateSet == _data.Gate.Hash);
        if (known is not null && File.Exists(DecisionPath(folder)) && HashOf(DecisionPath(folder)) == known.Decision)
        {
            if (Known(folder) is { } decided && decided.PolicyHash == policy.ComputeHash() && decided.Candidate.Hash == candidate.ComputeHash() && DecidedReferences(decided) is { } then)
            {
                return new LoopAttempt(model, decided, candidate, then, folder);
            }
        }

        string stated = _options.Policy.ComputeHash();
        GateRecord.ThrowIfPolicyChanged(entries, model.Record.Space, _data.Gate.Hash, stated);
        var notes = GateRecord.Notes(entries, _data.Gate.Hash, stated).ToList();
        // A crash before the ledger line costs nothing and gives nothing: the same reports and attempt decide the same again.
        int attempt = ReleaseLedger.AttemptsOn(entries, _data.Gate.Hash) + 1;
        var references = await ReferencesAsync(start, cancellationToken).ConfigureAwait(false);
        var decision = new ReleaseGate(policy).Decide(new GateInput
        {
            Candidate = candidate,
            References = references,
            Attempt = attempt,
            SetHash = _data.Gate.Hash,
            Earlier = await _earlier.OfModelsAsync(policy, entries, model.Record.Space, _ledger.Current()?.Space, notes, cancellationToken).ConfigureAwait(false),
            Notes = notes,
            Calibrations = await CalibrateAsync(policy, model.Encoder, start, cancellationToken).ConfigureAwait(false),
        });
        GateDecisionJson.Save(DecisionPath(folder), decision);
        GateRecord.Append(_ledger, entries, decision, DecisionPath(folder), model.Record.Space, model.Record.Name, stated);
        return new LoopAttempt(model, decision, candidate, references, folder);
    }

    // A decision in the layout of an older version is made anew.
    private static GateDecision? Known(string folder)
    {
        try
        {
            return GateDecisionJson.Load(DecisionPath(folder));
        }
        catch (NearfarException e) when (e.Message.Contains("schema version", StringComparison.Ordinal))
        {
            return null;
        }
    }

    // A policy file may say where its raw margins were found by the part a model plays; the tests need its space.
    private GatePolicy WithSpaces(GatePolicy policy, IEncoder start) => policy with
    {
        Floors = [.. policy.Floors.Select(floor => floor.Space switch
        {
            "untrained" => floor with { Space = start.Space.Id },
            "current" => floor with { Space = _ledger.Current()?.Space ?? throw NothingReleased(floor) },
            _ => floor,
        })],
    };

    /// <summary>Refuses a policy that no candidate could be judged by, before any work.</summary>
    /// <exception cref="NearfarException">A floor was found in the current release's space, and nothing was released.</exception>
    internal static void ThrowUnlessDecidable(GatePolicy policy, ReleaseLedger ledger)
    {
        if (policy.Floors.FirstOrDefault(f => f.Space == "current") is { } floor && ledger.Current() is null)
        {
            throw NothingReleased(floor);
        }
    }

    // As advice the floor would stop nothing, and the first release is what it was written for.
    private static NearfarException NothingReleased(GateFloor floor) =>
        new($"No decision can be made: the floor on {floor.Metric} was found in space current, and nothing was released yet: {ReportFloors.Otherwise}.");

    // Floors found in another space that is at hand are carried over on dev, never on the gate, in the way the policy chose.
    private async Task<IReadOnlyList<FloorCalibration>> CalibrateAsync(GatePolicy policy, IEncoder candidate, IEncoder start, CancellationToken cancellationToken)
    {
        var calibrations = new List<FloorCalibration>();
        EvalReport? to = null;
        foreach (var group in policy.Floors.Where(f => f.Space is not null && f.Space != candidate.Space.Id).GroupBy(f => f.Space!, StringComparer.Ordinal))
        {
            var source = group.Key == start.Space.Id ? start
                : _ledger.CurrentModelFolder() is { } folder && _ledger.Current()?.Space == group.Key ? ModelFolder.Load(folder, _start.Value) : null;
            if (source is null)
            {
                continue;
            }

            var from = await _evaluator.EvaluateAsync(source, _data.Dev, cancellationToken).ConfigureAwait(false);
            to ??= await _evaluator.EvaluateAsync(candidate, _data.Dev, cancellationToken).ConfigureAwait(false);
            calibrations.AddRange(group.Select(floor => FloorCalibration.Transfer(floor, from, to, policy.FloorTransfer)));
        }

        return calibrations;
    }

    private async Task<IReadOnlyList<GateReference>> ReferencesAsync(IEncoder start, CancellationToken cancellationToken)
    {
        if (_options.Policy.Reference == ReferenceKind.Current && _ledger.CurrentModelFolder() is { } folder)
        {
            var current = ModelFolder.Load(folder, _start.Value);
            return [new GateReference(ReferenceKind.Current, await ReferenceReportAsync(current.Space.Id, () => _evaluator.EvaluateAsync(current, _data.Gate, cancellationToken)).ConfigureAwait(false))];
        }

        var references = new List<GateReference>();
        if (_options.Policy.Reference != ReferenceKind.Untrained)
        {
            references.Add(new GateReference(ReferenceKind.Bm25, await ReferenceReportAsync(null,
                () => _evaluator.EvaluateAsync(new Bm25Index(_data.Gate.Corpus), _data.Gate, cancellationToken)).ConfigureAwait(false)));
        }

        if (_options.Policy.Reference != ReferenceKind.Bm25)
        {
            references.Add(new GateReference(ReferenceKind.Untrained, await ReferenceReportAsync(start.Space.Id,
                () => _evaluator.EvaluateAsync(start, _data.Gate, cancellationToken)).ConfigureAwait(false)));
        }

        return references;
    }

    // What a decision of the past compared with; null when a report is gone or is another now.
    private List<GateReference>? DecidedReferences(GateDecision decision)
    {
        var references = new List<GateReference>();
        foreach (var decided in decision.References)
        {
            string path = _earlier.ReportPath(decided.Space);
            if (!File.Exists(path) || EvalReportJson.Load(path) is not { } report || report.ComputeHash() != decided.Hash)
            {
                return null;
            }

            references.Add(new GateReference(decided.Kind ?? ReferenceKind.Current, report));
        }

        return references;
    }

    private Task<EvalReport> ReferenceReportAsync(string? space, Func<Task<EvalReport>> evaluate) => EarlierReleases.CachedAsync(_earlier.ReportPath(space), space, _data.Gate, evaluate);
}
