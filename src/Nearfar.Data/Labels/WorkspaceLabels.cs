using Nearfar.Data.GateSets;
using Nearfar.Encoding;
using Nearfar.Labels;
using Nearfar.Pairs;
using Nearfar.Releases;
using Nearfar.Search;

namespace Nearfar.Data.Labels;

/// <summary>Labels for the traffic or the dev questions of a workspace: pools what is to be judged, and puts what was judged where it belongs.</summary>
public sealed class WorkspaceLabels
{
    private readonly Workspace _workspace;
    private readonly TimeProvider _clock;

    /// <param name="workspace">Names traffic or dev.</param>
    /// <param name="clock">For the ledger and the gate set.</param>
    /// <param name="source">Whose questions are pooled. Null: the traffic's, where there is none those of dev.</param>
    /// <exception cref="NearfarException">It names neither, or not the one that is wanted.</exception>
    public WorkspaceLabels(Workspace workspace, TimeProvider clock, LabelSource? source = null)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        ArgumentNullException.ThrowIfNull(clock);
        _workspace = workspace;
        _clock = clock;
        var data = workspace.Options.Data;
        Source = source ?? (data.Traffic is null && data.Dev is not null ? LabelSource.Dev : LabelSource.Traffic);
        if (Source == LabelSource.Traffic)
        {
            _ = data.Traffic ?? throw NoTraffic();
        }
        else if (data.Dev is null)
        {
            throw NoDev();
        }
    }

    /// <summary>Whose questions are pooled.</summary>
    public LabelSource Source { get; }

    /// <summary>
    /// Chooses questions, and pools what keyword search, the current release (the untrained encoder while there is none) and a candidate find.
    /// Of traffic those whose right document nobody named, without the questions of dev and gate, which are judged already. Of dev those on which
    /// the rankers disagree most, with the documents that nobody judged. The gate's questions are never pooled here: a frozen gate set is pooled when it is frozen.
    /// </summary>
    /// <param name="options">How many and how deep; null for the defaults.</param>
    /// <param name="candidate">A model that may be released next; null: none.</param>
    /// <param name="baseline">The model that is in use; null: the current release, else the untrained encoder.</param>
    /// <param name="cancellationToken">Stops between rankers.</param>
    /// <exception cref="NearfarException">A data file is bad, or every question has a known right document.</exception>
    public async Task<LabelPool> PoolAsync(LabelOptions? options = null, IEncoder? candidate = null, IEncoder? baseline = null, CancellationToken cancellationToken = default)
    {
        var corpus = _workspace.Corpus;
        LabelQuestion[] open = Source == LabelSource.Traffic ? OpenTraffic() : OpenDev();
        using var frozen = baseline is null ? await _workspace.OpenBaseAsync(_clock, null, cancellationToken).ConfigureAwait(false) : null;
        var rankers = new List<IRanker> { new Bm25Index(corpus), await VectorRanker.CreateAsync(baseline ?? _workspace.InUse(frozen, _clock), corpus, cancellationToken).ConfigureAwait(false) };
        if (candidate is not null && candidate.Space.Id != rankers[1].Name)
        {
            rankers.Add(await VectorRanker.CreateAsync(candidate, corpus, cancellationToken).ConfigureAwait(false));
        }

        return await LabelPool.BuildAsync(open, corpus, rankers, options, cancellationToken).ConfigureAwait(false);
    }

    private LabelQuestion[] OpenTraffic()
    {
        var seals = Seals();
        LabelQuestion[] open = [.. _workspace.Traffic.Where(t => t.KnownRightIds.Count == 0 && !seals.Exists(s => s.Contains(t.Query)))
            .Select(t => new LabelQuestion(t.Id, t.Query, t.Outcome == TrafficOutcome.Failed || t.Escalated == true))];
        return open.Length > 0 ? open
            : throw new NearfarException(_workspace.Options.Data.Traffic!.Path, 0, "every question has a known right document, or stands in dev or gate: nothing is to be judged.");
    }

    private LabelQuestion[] OpenDev()
    {
        // The set is built first: it refuses rows that are no dev questions.
        _ = _workspace.Dev;
        var gate = _workspace.Options.Data.Gate is null ? null : _workspace.Gate.Seal;
        return [.. _workspace.Rows.Dev!.Rows.Where(p => gate?.Contains(p.Query) != true).Select(p => new LabelQuestion(p.Id, p.Query, false) { Judged = [.. DevJudgements.Of(p).Keys] })];
    }

    private NearfarException NoTraffic() => new(_workspace.Path, 0, "names no traffic, whose questions are judged where nobody named the right page. Write one line a question, {\"id\": \"1\", \"query\": \"…\"}, into a file and name it: data: {traffic: traffic.jsonl}. Where dev is named, its questions can be pooled instead (--from dev).");

    private NearfarException NoDev() => new(_workspace.Path, 0, "names no dev set. Add data.dev, or pool traffic.");

    /// <summary>The workspace's traffic with the judgements; the caller writes it.</summary>
    /// <param name="labels">What was judged.</param>
    /// <exception cref="NearfarException">A data file is bad, or traffic is judged otherwise already.</exception>
    public IReadOnlyList<TrafficRow> ToTraffic(JudgedLabels labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        _ = _workspace.Options.Data.Traffic ?? throw NoTraffic();
        ThrowIfUnknown(labels);
        return labels.AppliedTo(_workspace.Traffic, _workspace.FailsAt());
    }

    /// <summary>The rows of dev with the judgements of their questions; the caller writes them. Rows whose question nobody judged are returned as they are.</summary>
    /// <param name="labels">What was judged.</param>
    /// <exception cref="NearfarException">A data file is bad, no question of dev is judged, one is judged otherwise already, or dev's documents stand inline.</exception>
    public IReadOnlyList<Pair> ToDev(JudgedLabels labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var source = _workspace.Options.Data.Dev ?? throw NoDev();
        ThrowIfUnknown(labels);
        _ = _workspace.Dev;
        return DevJudgements.Apply(_workspace.Rows.Dev!, labels, source.Path);
    }

    /// <summary>Pairs to learn from; questions of dev and gate are left out, and so are questions without a right document.</summary>
    /// <param name="labels">What was judged.</param>
    /// <exception cref="NearfarException">A data file is bad, or a judged document left the corpus.</exception>
    public IReadOnlyList<Pair> ToPairs(JudgedLabels labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ThrowIfUnknown(labels);
        var seals = Seals();
        return [.. labels.ToPairs().Where(p => !seals.Exists(s => s.Contains(p.Query)) && p.PositiveIds.All(id => !seals.Exists(s => s.IsBesideHeldOutPage(id)))).Select(WithCohorts)];
    }

    /// <summary>Adds the judged questions to the gate's file, by the rules of the gate set.</summary>
    /// <param name="labels">What was judged.</param>
    /// <param name="skipRefused">Write the good rows though others are refused. Default: none is written then.</param>
    /// <exception cref="NearfarException">A data file is bad, or the gate's file cannot be added to.</exception>
    public GateSetAdded ToGate(JudgedLabels labels, bool skipRefused = false)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ThrowIfUnknown(labels);
        var dev = _workspace.Options.Data.Dev is null ? null : _workspace.Dev.Seal;
        var rows = labels.ToPairs().Where(p => dev?.Contains(p.Query) != true).ToList();
        if (rows.Count == 0)
        {
            throw new NearfarException("No judged question outside dev has a right document, so there is no row for the gate. Models are chosen by dev; its questions decide nothing at the gate.");
        }

        string file = Path.Combine(_workspace.Output, ".judged.jsonl");
        try
        {
            PairFile.Write(file, [.. rows.Select(WithCohorts)]);
            return new WorkspaceGateSet(_workspace, _clock).Add(file, skipRefused);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private Pair WithCohorts(Pair pair) =>
        _workspace.Traffic.FirstOrDefault(t => t.Id == pair.Provenance?.TraceId) is { Cohorts.Count: > 0 } row ? pair with { Cohorts = row.Cohorts } : pair;

    private List<HeldOutSeal> Seals()
    {
        var seals = new List<HeldOutSeal>();
        if (_workspace.Options.Data.Gate is not null)
        {
            seals.Add(_workspace.Gate.Seal);
        }

        if (_workspace.Options.Data.Dev is not null)
        {
            seals.Add(_workspace.Dev.Seal);
        }

        return seals;
    }

    private void ThrowIfUnknown(JudgedLabels labels)
    {
        var unknown = labels.Questions.SelectMany(q => q.Grades.Keys.Where(id => !_workspace.Corpus.TryGetIndex(id, out _)).Select(id => $"\"{id}\" (question \"{q.Id}\")")).ToList();
        if (unknown.Count > 0)
        {
            throw new NearfarException($"Judged documents that the corpus lacks: {string.Join(", ", unknown.Take(20))}{(unknown.Count > 20 ? $" and {unknown.Count - 20} more" : "")}. Use the corpus of the pool, or pool again.");
        }
    }
}
