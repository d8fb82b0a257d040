using Nearfar.Data.Formats;
using Nearfar.Encoding;
using Nearfar.Gating.Sets;
using Nearfar.Pairs;
using Nearfar.Releases;
using Nearfar.Search;

namespace Nearfar.Data.GateSets;

/// <summary>The gate set of a workspace: adds questions, freezes versions, compares and checks them. Not thread-safe; a workspace that was written to is opened anew.</summary>
public sealed class WorkspaceGateSet
{
    private readonly Workspace _workspace;
    private readonly TimeProvider _clock;
    private readonly DataSource _source;

    /// <param name="workspace">Names a gate set.</param>
    /// <param name="clock">Dates manifests and provenance.</param>
    /// <exception cref="NearfarException">It names none.</exception>
    public WorkspaceGateSet(Workspace workspace, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        ArgumentNullException.ThrowIfNull(clock);
        _workspace = workspace;
        _clock = clock;
        _source = workspace.Options.Data.Gate ?? throw new NearfarException(workspace.Path, 0, "names no gate set. Add data.gate.");
        Folder = GateSetFolder.Beside(_source.Path);
    }

    /// <summary>Where the frozen versions lie.</summary>
    public GateSetFolder Folder { get; }

    /// <summary>Rows of the gate's file that no frozen version holds; all of them while nothing was frozen.</summary>
    /// <exception cref="NearfarException">A data file is bad.</exception>
    public int Pending
    {
        get
        {
            var rows = Good();
            var frozen = (rows.Frozen?.Rows.Rows ?? []).Select(r => r.Id).ToHashSet(StringComparer.Ordinal);
            return rows.GateDraft?.Rows.Count(r => !frozen.Contains(r.Id)) ?? 0;
        }
    }

    /// <summary>Adds judged questions of a file to the gate's file. The next <see cref="FreezeAsync"/> takes them up.</summary>
    /// <param name="path">JSONL or CSV of pairs.</param>
    /// <param name="skipRefused">Write the good rows though others are refused. Default: none is written then.</param>
    /// <exception cref="NearfarException">The file is bad, or the gate's file cannot be added to.</exception>
    public GateSetAdded Add(string path, bool skipRefused = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var rows = DataReader.Pairs(new DataSource { Path = path }, "test");
        if (rows.Problems.Count > 0)
        {
            var problems = new ProblemList();
            problems.AddAll(rows.Problems, Math.Max(rows.Skipped, rows.Problems.Count));
            problems.ThrowIfAny();
        }

        return Add(WithCorpusIds(rows), 0, _ => false, skipRefused);
    }

    /// <summary>Adds the judged rows of the workspace's traffic: those with expected or judged documents. What was retrieved never becomes a negative.</summary>
    /// <param name="skipRefused">Write the good rows though others are refused. Default: none is written then.</param>
    /// <exception cref="NearfarException">The workspace names no traffic, or a file is bad.</exception>
    public GateSetAdded AddTraffic(bool skipRefused = false)
    {
        var source = _workspace.Options.Data.Traffic ?? throw new NearfarException(_workspace.Path, 0, "names no traffic. Add data.traffic, or name a file of questions.");
        _ = _workspace.Traffic;        // refuses bad rows
        var traffic = DataReader.Traffic(source);
        int[] judged = [.. Enumerable.Range(0, traffic.Rows.Count).Where(i => traffic.Rows[i].KnownRightIds.Count > 0)];
        var rows = new RowSet<Pair>(traffic.Path, [.. judged.Select(i => Judged(traffic.Rows[i]))], [.. judged.Select(i => traffic.Lines[i])]);
        var failed = judged.Where(i => traffic.Rows[i].Outcome == TrafficOutcome.Failed).Select(i => Judged(traffic.Rows[i]).Id).ToHashSet(StringComparer.Ordinal);
        return Add(rows, traffic.Rows.Count - judged.Length, failed.Contains, skipRefused);
    }

    /// <summary>Freezes the gate's file as the next version, when it holds anything that the newest has not.</summary>
    /// <param name="options">How negatives are drawn; null: as the newest version was, else the defaults.</param>
    /// <param name="baseline">The model that is in use; null: the current release, else the untrained encoder.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    /// <returns>The newest version, and whether it is new.</returns>
    /// <exception cref="NearfarException">Rows may not stand in a gate set, or frozen rows were changed or removed without a reason: all in one message.</exception>
    public async Task<(FrozenGateSet Set, bool IsNew)> FreezeAsync(FreezeOptions? options = null, IEncoder? baseline = null, CancellationToken cancellationToken = default)
    {
        var rows = Good();
        var draft = rows.GateDraft!;
        options ??= DefaultOptions();
        options.ThrowIfInvalid();
        var problems = new ProblemList();
        foreach (var refusal in Admission(rows, options.NewPagesOnly).Refusals(draft))
        {
            problems.Add(refusal.Problem.Path, refusal.Problem.Line, refusal.Problem.Message);
        }

        if (baseline is not null && CandidateSpaces().Contains(baseline.Space.Id))
        {
            problems.Add(Folder.Path, 0, $"the baseline {baseline.Space.Id} is a run that was never released: a candidate does not choose the negatives of its own gate. Leave --baseline out, or name a release.");
        }

        problems.ThrowIfAny();
        var builder = Builder(rows);
        using var frozen = baseline is null ? await _workspace.OpenBaseAsync(_clock, null, cancellationToken).ConfigureAwait(false) : null;
        var ranker = await VectorRanker.CreateAsync(baseline ?? _workspace.InUse(frozen, _clock), rows.Corpus, cancellationToken).ConfigureAwait(false);
        var freezer = new GateSetFreezer(builder, PoolRanker.For(rows.Corpus, ranker), options, _clock);
        var set = await freezer.FreezeAsync(draft, rows.Frozen, cancellationToken).ConfigureAwait(false);
        return ReferenceEquals(set, rows.Frozen) ? (set, false) : (Folder.Append(set), true);
    }

    /// <summary>How the newest version was drawn, without its reason; the defaults while nothing was frozen.</summary>
    public FreezeOptions DefaultOptions()
    {
        var defaults = new FreezeOptions();
        return Good().Frozen?.Manifest is { } manifest
            ? defaults with { PerQuery = manifest.PerQuery, Depth = manifest.Depth, Seed = manifest.Seed, NewPagesOnly = manifest.NewPagesOnly }
            : defaults;
    }

    /// <summary>Checks the set that the gate reads, against training, traffic and what was frozen.</summary>
    /// <param name="seed">Of the shuffles behind the tests of shares.</param>
    /// <param name="cancellationToken">Stops between rules.</param>
    /// <exception cref="NearfarException">A data file is bad: see <c>nearfar check</c>.</exception>
    public Task<GateSetCheckReport> CheckAsync(ulong seed = 1, CancellationToken cancellationToken = default)
    {
        var rows = Good();
        _ = _workspace.Traffic;
        var admission = Admission(rows, rows.Frozen?.Manifest.NewPagesOnly ?? false);
        return Task.Run(() => new GateSetCheck(_workspace, rows, admission, Pending, seed).Run(cancellationToken), cancellationToken);
    }

    private GateSetAdded Add(RowSet<Pair> rows, int notJudged, Func<string, bool> isFailure, bool skipRefused)
    {
        var present = Good();
        ThrowUnlessAppendable();
        var refused = Admission(present, _workspace.FrozenGate?.NewPagesOnly ?? false).Refusals(rows, present.GateDraft);
        var bad = refused.Select(r => r.RowId).ToHashSet(StringComparer.Ordinal);
        Pair[] good = refused.Count > 0 && !skipRefused ? [] : [.. rows.Rows.Where(r => !bad.Contains(r.Id))];
        if (good.Length > 0)
        {
            AppendRows(good);
        }

        return new GateSetAdded([.. good.Select(r => r.Id)], refused, notJudged, good.Count(r => isFailure(r.Id)));
    }

    private static Pair Judged(TrafficRow row) => new()
    {
        Id = "traffic:" + row.Id,
        Query = row.Query,
        PositiveIds = row.KnownRightIds,
        Relevance = row.Judged,
        Cohorts = row.Cohorts,
        Provenance = new Provenance { Source = "log", TraceId = row.Id, Time = row.Time },
    };

    // A text that stands in the corpus takes its id; any other stays unknown and is refused, since the gate's file would lose it.
    private RowSet<Pair> WithCorpusIds(RowSet<Pair> rows)
    {
        var merge = new InlineMerge(new RowSet<Document>("", _workspace.Corpus.Documents, [.. _workspace.Corpus.Documents.Select(_ => 0L)]));
        return merge.Add(rows)!;
    }

    private void ThrowUnlessAppendable()
    {
        if (!_source.Path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) || Directory.Exists(_source.Path) || IsPacked(_source.Path))
        {
            throw new NearfarException(_source.Path, 0, "only a plain JSONL file can be added to. Add the rows there by hand, or convert the set to JSONL and name that as data.gate.");
        }
    }

    // By the first bytes, as it is read: plain lines behind a packed file would make it unreadable.
    private static bool IsPacked(string path)
    {
        if (!File.Exists(path))
        {
            return false;       // the first rows make it
        }

        if (ParquetFile.IsAt(path))
        {
            return true;
        }

        using var stream = PackedFile.Open(path, RowReading.Default);
        return stream is not FileStream;
    }

    private void AppendRows(Pair[] rows)
    {
        string addition = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_source.Path))!, $".{Path.GetFileName(_source.Path)}.added");
        try
        {
            PairFile.Write(addition, rows);
            byte[] before = File.ReadAllBytes(_source.Path);
            byte[] end = before.Length > 0 && before[^1] != (byte)'\n' ? [(byte)'\n'] : [];
            AtomicFile.Write(_source.Path, [.. before, .. end, .. File.ReadAllBytes(addition)]);
        }
        finally
        {
            File.Delete(addition);
        }
    }

    private WorkspaceRows Good()
    {
        _ = _workspace.Corpus;      // refuses bad rows
        return _workspace.Rows;
    }

    // Clusters of the draft, whose new rows may join pages that the frozen version knows apart.
    private JudgedSetBuilder Builder(WorkspaceRows rows) =>
        new(rows.Corpus, DraftClusters(rows)) { Rules = _workspace.Options.Cohorts, AsOf = _workspace.Options.AsOf, Train = rows.Train?.Rows };

    private static DocumentClusters DraftClusters(WorkspaceRows rows) => DocumentClusters.Of(rows.Corpus, rows.All.Concat(rows.GateDraft?.Rows ?? []));

    private GateSetAdmission Admission(WorkspaceRows rows, bool newPagesOnly) => new(rows.Corpus, DraftClusters(rows), Training(rows), rows.Dev)
    {
        NewPagesOnly = newPagesOnly,
        CandidateSpaces = CandidateSpaces(),
    };

    // Pairs that the loop mined from traffic were trained on as well.
    private List<RowSet<Pair>> Training(WorkspaceRows rows)
    {
        var training = rows.Train is null ? new List<RowSet<Pair>>() : [rows.Train];
        string mined = Path.Combine(_workspace.Output, "mined");
        if (Directory.Exists(mined))
        {
            training.AddRange(Directory.EnumerateFiles(mined, "*.jsonl").Order(StringComparer.Ordinal).Where(f => new FileInfo(f).Length > 0).Select(f => PairFile.Read(f)));
        }

        return training;
    }

    private HashSet<string> CandidateSpaces()
    {
        string runs = Path.Combine(_workspace.Output, "runs");
        var spaces = !Directory.Exists(runs) ? [] : Directory.EnumerateFiles(runs, "run.json", SearchOption.AllDirectories).Select(f => RunRecord.Read(f).Space).ToHashSet(StringComparer.Ordinal);
        spaces.ExceptWith(Ledger().Read().Where(e => e.Event != LedgerEvent.Gate).Select(e => e.Space));
        return spaces;
    }

    private ReleaseLedger Ledger() => new(Path.Combine(_workspace.Output, "releases"), _clock);
}
