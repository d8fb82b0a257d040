using System.Globalization;
using Nearfar.Mining;
using Nearfar.Pairs;
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
            .. options.Start.Problems(), .. options.Training.Problems(), .. options.Mining.Problems(), .. options.TrainingMining?.Problems() ?? [], .. options.Policy.FindProblems(),
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
        _run = new TrainingRun(options.Start, options.Training, clock)
        {
            Guide = options.Guide,
            Negatives = options.TrainingMining is { } rules ? new IteratedMining(rules, [data.Gate.Seal, data.Dev.Seal], data.Dev) : null,
            Recipes = options.Recipes,
        };
    }

    /// <summary>Runs until a candidate passed, the gate is inconclusive, the attempts are spent, or nothing new can be tried.</summary>
    /// <param name="progress">Told what is being done, each training step, and each judged candidate.</param>
    /// <param name="cancellationToken">Stops at the next safe point.</param>
    /// <exception cref="NearfarException">Bad data, a broken ledger, or the model that passed was rolled back by somebody before.</exception>
    public async Task<LoopOutcome> RunAsync(LoopProgress? progress = null, CancellationToken cancellationToken = default)
    {
        progress ??= new LoopProgress();
        GateOpening.ThrowUnlessDecidable(_options.Policy, _ledger);
        progress.Stage?.Report("start encoder");
        var start = _options.CreateStart(_data.Train);
        var gate = new GateOpening(_data, _options, _clock, start);
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

            if (BlockedBefore(inputs, set) is { } blocked)
            {
                return new LoopOutcome(LoopEnd.BlockedBefore, attempts, blocked.Space, ReportPathOf(RunFolder(blocked.Name)));
            }

            previousInputs = inputs;
            string folder = FolderFor(inputs);
            progress.Stage?.Report($"attempt {attempts.Count + 1}: training on {set.Pairs.Count} pairs");
            var model = await _run.RunAsync(set, _data.Dev, start, folder, mined, progress.Training, cancellationToken).ConfigureAwait(false);
            progress.Stage?.Report($"attempt {attempts.Count + 1}: gate");
            var attempt = await gate.JudgeAsync(model, folder, cancellationToken).ConfigureAwait(false);
            attempts.Add(attempt);
            progress.Attempt?.Report(attempt);
            var decision = attempt.Decision;
            if (decision.ExitCode == 0)
            {
                if (_ledger.WithdrawalOf(model.Record.Space) is { } withdrawal)
                {
                    throw new NearfarException($"Run {model.Record.Name} passed, but {withdrawal.By} took {model.Record.Space} back ({withdrawal.Reason ?? "no reason given"}): the loop does not release it again. Change data or options, or release it by name: nearfar release promote {model.Record.Name} --by YOU");
                }

                _ledger.Promote(model.Folder, model.Record.Space, model.Record.Name, "loop", GateOpening.HashOf(GateOpening.DecisionPath(folder)), decision.FirstLine);
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

    // Other options on the same pairs give nearly the same model: another opening would spend an attempt on it. What was judged itself is read back.
    private RunRecord? BlockedBefore(string inputs, TrainingSet set)
    {
        string pairs = RunInputs.HashOf(set.Pairs);
        RunRecord[] judged = [.. _ledger.Read().Where(e => e.Event == LedgerEvent.Gate && e.GateSet == _data.Gate.Hash)
            .Where(e => File.Exists(Path.Combine(RunFolder(e.Run), "run.json"))).Select(e => (Entry: e, Record: RunRecord.Read(Path.Combine(RunFolder(e.Run), "run.json"))))
            .Where(j => j.Record.Inputs == inputs || (j.Entry.Verdict == "blocked" && j.Record.Data.GetValueOrDefault("train") == pairs)).Select(j => j.Record)];
        return judged.Any(r => r.Inputs == inputs) ? null : judged.LastOrDefault();
    }

    private string RunFolder(string name) => Path.Combine(_options.Output, "runs", name);

    private static string ReportPathOf(string folder) => Path.Combine(folder, "report.html");

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
        string[] files = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.jsonl").Where(f => new FileInfo(f).Length > 0).Order(StringComparer.Ordinal)] : [];       // empty: nothing was found
        var set = _data.Train;
        var records = new List<MinedFile>();
        foreach (string file in files)
        {
            var pairs = PairFile.Read(file).Rows;
            set = MinedPairs.Merge(set, pairs);
            records.Add(MinedFile.Of(file, "mined/" + Path.GetFileName(file), pairs));
        }

        return (set, records);
    }

    private async Task MineAsync(TrainedModel model, CancellationToken cancellationToken)
    {
        string path = Path.Combine(_options.Output, "mined", model.Record.Name + ".jsonl");
        if (File.Exists(path))
        {
            return;
        }

        var miner = await HardNegativeMiner.OpenAsync(_data.Train.Corpus, model.Encoder, _options.Mining, _data.Dev, [_data.Gate.Seal, _data.Dev.Seal], _clock, cancellationToken).ConfigureAwait(false);
        var failures = await miner.MineFailuresAsync(_data.Traffic, _options.FailsAt, model.Record.Name, cancellationToken).ConfigureAwait(false);
        var fromTrain = await miner.MineAsync(_data.Train, model.Record.Name, cancellationToken).ConfigureAwait(false);
        PairFile.Write(path, [.. failures.Pairs, .. fromTrain.Pairs]);
    }
}
