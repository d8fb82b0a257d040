using System.Globalization;
using System.Security.Cryptography;
using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Training;

namespace Nearfar.Releases;

/// <summary>Train, choose the step on dev, open the gate once, release; or, when blocked, mine the failures and try again.</summary>
/// <remarks>
/// Every step leaves a file that the next call reads instead of doing the work again: a killed loop goes on where it was, and a second call
/// on unchanged data says "already current". A candidate that was judged is never judged twice: the gate's attempts are counted for good.
/// </remarks>
public sealed class ReleaseLoop
{
    private readonly LoopData _data;
    private readonly LoopOptions _options;
    private readonly TimeProvider _clock;
    private readonly ReleaseLedger _ledger;
    private readonly TrainingRun _run;
    private readonly Evaluator _evaluator;

    /// <param name="data">The sets.</param>
    /// <param name="options">Checked before any work.</param>
    /// <param name="clock">Dates the ledger and the provenance.</param>
    public ReleaseLoop(LoopData data, LoopOptions options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        string[] problems =
        [
            .. options.Start.Problems(), .. options.Training.Problems(), .. options.Mining.Problems(), .. options.Policy.FindProblems(),
            .. options.Attempts < 1 ? [$"attempts is {options.Attempts}; wanted at least 1"] : Array.Empty<string>(),
        ];
        if (problems.Length > 0)
        {
            throw new ArgumentException($"Loop options: {string.Join("; ", problems)}.", nameof(options));
        }

        _data = data;
        _options = options;
        _clock = clock;
        _ledger = new ReleaseLedger(Path.Combine(options.Output, "releases"), clock);
        _run = new TrainingRun(options.Start, options.Training, clock);
        _evaluator = new Evaluator(new EvaluationOptions { Threads = options.Training.Threads });
    }

    /// <summary>Runs until a candidate passed, the gate is inconclusive, the attempts are spent, or nothing new can be tried.</summary>
    /// <param name="progress">Told what is being done, each training step, and each judged candidate.</param>
    /// <param name="cancellationToken">Stops at the next safe point.</param>
    public async Task<LoopOutcome> RunAsync(LoopProgress? progress = null, CancellationToken cancellationToken = default)
    {
        progress ??= new LoopProgress();
        progress.Stage?.Report("start encoder");
        var start = StartEncoder.Create(_options.Start, _data.Train);
        var policy = WithSpaces(_options.Policy, start);
        var attempts = new List<LoopAttempt>();
        string? previousInputs = null;
        while (true)
        {
            var (set, mined) = WithMined();
            string inputs = _run.InputsHash(set, _data.Dev, start);
            if (CurrentRun() is { } current && current.Inputs == inputs)
            {
                return new LoopOutcome(LoopEnd.AlreadyCurrent, attempts, current.Space, ReportPathOf(RunFolder(current.Name)));
            }

            if (inputs == previousInputs)
            {
                return Ended(LoopEnd.NothingToMine, attempts);
            }

            previousInputs = inputs;
            string folder = FolderFor(inputs);
            progress.Stage?.Report($"attempt {attempts.Count + 1}: training on {set.Pairs.Count} pairs");
            var model = await _run.RunAsync(set, _data.Dev, start, folder, mined, progress.Training, cancellationToken).ConfigureAwait(false);
            progress.Stage?.Report($"attempt {attempts.Count + 1}: gate");
            var (decision, candidate, references) = await JudgeAsync(policy, model, start, folder, cancellationToken).ConfigureAwait(false);
            attempts.Add(new LoopAttempt(model, decision, candidate, references, folder));
            progress.Attempt?.Report(attempts[^1]);
            if (decision.ExitCode == 0)
            {
                _ledger.Promote(model.Folder, model.Record.Space, model.Record.Name, "loop", HashOf(DecisionPath(folder)), decision.FirstLine);
                return Ended(LoopEnd.Released, attempts);
            }

            if (decision.ExitCode == 3)
            {
                return Ended(LoopEnd.Inconclusive, attempts);
            }

            progress.Stage?.Report($"attempt {attempts.Count}: blocked; mining failures");
            await MineAsync(model, cancellationToken).ConfigureAwait(false);
            if (attempts.Count == _options.Attempts)
            {
                return Ended(LoopEnd.Blocked, attempts);
            }
        }
    }

    private static LoopOutcome Ended(LoopEnd end, List<LoopAttempt> attempts) =>
        new(end, attempts, attempts.Count == 0 ? null : attempts[^1].Model.Record.Space, attempts.Count == 0 ? null : ReportPathOf(attempts[^1].Folder));

    private RunRecord? CurrentRun() => _ledger.Current() is { } entry && File.Exists(Path.Combine(RunFolder(entry.Run), "run.json"))
        ? RunRecord.Read(Path.Combine(RunFolder(entry.Run), "run.json"))
        : null;

    private string RunFolder(string name) => Path.Combine(_options.Output, "runs", name);

    private static string DecisionPath(string folder) => Path.Combine(folder, "decision.json");

    private static string ReportPathOf(string folder) => Path.Combine(folder, "report.html");

    private static string HashOf(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    // The run of these inputs, finished or begun; else the next free number.
    private string FolderFor(string inputs)
    {
        string runs = Path.Combine(_options.Output, "runs");
        Directory.CreateDirectory(runs);
        string[] names = [.. Directory.EnumerateDirectories(runs).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];
        foreach (string name in names)
        {
            string mark = Path.Combine(runs, name, "inputs");
            if (File.Exists(mark) && File.ReadAllText(mark) == inputs)
            {
                return Path.Combine(runs, name);
            }
        }

        int next = names.Select(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out int i) ? i : 0).DefaultIfEmpty(0).Max() + 1;
        string folder = Path.Combine(runs, next.ToString("000", CultureInfo.InvariantCulture));
        AtomicFile.Write(Path.Combine(folder, "inputs"), inputs);
        return folder;
    }

    private (TrainingSet, IReadOnlyList<MinedFile>) WithMined()
    {
        string folder = Path.Combine(_options.Output, "mined");
        string[] files = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.jsonl").Order(StringComparer.Ordinal)] : [];
        var set = _data.Train;
        var records = new List<MinedFile>();
        foreach (string file in files)
        {
            var pairs = PairFile.Read(file).Rows;
            set = MinedPairs.Merge(set, pairs);
            records.Add(new MinedFile("mined/" + Path.GetFileName(file), HashOf(file), pairs.Count, pairs.Sum(p => p.HardNegatives.Count)));
        }

        return (set, records);
    }

    private async Task<(GateDecision, EvalReport, IReadOnlyList<GateReference>)> JudgeAsync(GatePolicy policy, TrainedModel model, StaticEncoder start, string folder, CancellationToken cancellationToken)
    {
        string reportPath = Path.Combine(folder, "report.json");
        var references = await ReferencesAsync(start, cancellationToken).ConfigureAwait(false);
        var candidate = await CachedAsync(reportPath, () => _evaluator.EvaluateAsync(model.Encoder, _data.Gate, cancellationToken)).ConfigureAwait(false);
        var known = _ledger.Read().LastOrDefault(e => e.Event == LedgerEvent.Gate && e.Space == model.Record.Space && e.GateSet == _data.Gate.Hash);
        if (known is not null && File.Exists(DecisionPath(folder)) && HashOf(DecisionPath(folder)) == known.Decision)
        {
            var decided = GateDecisionJson.Load(DecisionPath(folder));
            if (decided.PolicyHash == policy.ComputeHash())
            {
                return (decided, candidate, references);
            }
        }

        // A crash before the ledger line costs nothing and gives nothing: the same reports and attempt decide the same again.
        int attempt = _ledger.AttemptsOn(_data.Gate.Hash) + 1;
        var decision = new ReleaseGate(policy).Decide(new GateInput
        {
            Candidate = candidate,
            References = references,
            Attempt = attempt,
            SetHash = _data.Gate.Hash,
            Calibrations = await CalibrateAsync(policy, model.Encoder, start, cancellationToken).ConfigureAwait(false),
        });
        GateDecisionJson.Save(DecisionPath(folder), decision);
        _ledger.Append((sequence, time, previous) => new LedgerEntry
        {
            Sequence = sequence,
            Time = time,
            Previous = previous,
            Event = LedgerEvent.Gate,
            Space = model.Record.Space,
            Run = model.Record.Name,
            GateSet = _data.Gate.Hash,
            Attempt = attempt,
            Verdict = decision.Verdict.ToString().ToLowerInvariant(),
            Decision = HashOf(DecisionPath(folder)),
        });
        return (decision, candidate, references);
    }

    // A policy file may say where its raw margins were found by the part a model plays; the tests need its space.
    private GatePolicy WithSpaces(GatePolicy policy, StaticEncoder start) => policy with
    {
        Floors = [.. policy.Floors.Select(floor => floor.Space switch
        {
            "untrained" => floor with { Space = start.Space.Id },
            "current" => floor with { Space = _ledger.Current()?.Space },
            _ => floor,
        })],
    };

    // Floors found in another space that is at hand are carried over by the spread of both backgrounds on dev, never on the gate.
    private async Task<IReadOnlyList<FloorCalibration>> CalibrateAsync(GatePolicy policy, StaticEncoder candidate, StaticEncoder start, CancellationToken cancellationToken)
    {
        var calibrations = new List<FloorCalibration>();
        EvalReport? to = null;
        foreach (var group in policy.Floors.Where(f => f.Space is not null && f.Space != candidate.Space.Id).GroupBy(f => f.Space!, StringComparer.Ordinal))
        {
            var source = group.Key == start.Space.Id ? start
                : _ledger.CurrentModelFolder() is { } folder && _ledger.Current()?.Space == group.Key ? StaticEncoder.Load(folder) : null;
            if (source is null)
            {
                continue;
            }

            var from = await _evaluator.EvaluateAsync(source, _data.Dev, cancellationToken).ConfigureAwait(false);
            to ??= await _evaluator.EvaluateAsync(candidate, _data.Dev, cancellationToken).ConfigureAwait(false);
            calibrations.AddRange(group.Select(floor => FloorCalibration.Transfer(floor, from, to)));
        }

        return calibrations;
    }

    private async Task<IReadOnlyList<GateReference>> ReferencesAsync(StaticEncoder start, CancellationToken cancellationToken)
    {
        if (_options.Policy.Reference == ReferenceKind.Current && _ledger.CurrentModelFolder() is { } folder)
        {
            var current = StaticEncoder.Load(folder);
            return [new GateReference(ReferenceKind.Current, await ReferenceReportAsync(current.Space.Id, () => _evaluator.EvaluateAsync(current, _data.Gate, cancellationToken)).ConfigureAwait(false))];
        }

        var references = new List<GateReference>();
        if (_options.Policy.Reference != ReferenceKind.Untrained)
        {
            references.Add(new GateReference(ReferenceKind.Bm25, await ReferenceReportAsync("bm25",
                () => _evaluator.EvaluateAsync(new Bm25Index(_data.Gate.Corpus), _data.Gate, cancellationToken)).ConfigureAwait(false)));
        }

        if (_options.Policy.Reference != ReferenceKind.Bm25)
        {
            references.Add(new GateReference(ReferenceKind.Untrained, await ReferenceReportAsync(start.Space.Id,
                () => _evaluator.EvaluateAsync(start, _data.Gate, cancellationToken)).ConfigureAwait(false)));
        }

        return references;
    }

    private Task<EvalReport> ReferenceReportAsync(string name, Func<Task<EvalReport>> evaluate) =>
        CachedAsync(Path.Combine(_options.Output, "reports", $"{name}.{_data.Gate.Hash[..12]}.json"), evaluate);

    // A report is a function of model and set; one that was written is read back, and refused when it is of another set.
    private async Task<EvalReport> CachedAsync(string path, Func<Task<EvalReport>> evaluate)
    {
        if (File.Exists(path) && EvalReportJson.Load(path) is { } known && known.SetHash == _data.Gate.Hash)
        {
            return known;
        }

        var report = await evaluate().ConfigureAwait(false);
        EvalReportJson.Save(path, report);
        return report;
    }

    private async Task MineAsync(TrainedModel model, CancellationToken cancellationToken)
    {
        string path = Path.Combine(_options.Output, "mined", model.Record.Name + ".jsonl");
        if (File.Exists(path))
        {
            return;
        }

        var miner = new HardNegativeMiner(_data.Train.Corpus, model.Encoder, _options.Mining, _data.Gate.Seal, _clock);
        var failures = await miner.MineFailuresAsync(_data.Traffic, _options.FailsAt, model.Record.Name, cancellationToken).ConfigureAwait(false);
        var fromTrain = await miner.MineAsync(_data.Train, model.Record.Name, cancellationToken).ConfigureAwait(false);
        PairFile.Write(path, [.. failures.Pairs, .. fromTrain.Pairs]);
    }
}
