using Nearfar.Data.GateSets;
using Nearfar.Encoding;
using Nearfar.Labels;
using Nearfar.Pairs;
using Nearfar.Releases;
using Nearfar.Search;

namespace Nearfar.Data.Labels;

/// <summary>Labels for the traffic of a workspace: pools what is to be judged, and puts what was judged where it belongs.</summary>
public sealed class WorkspaceLabels
{
    private readonly Workspace _workspace;
    private readonly TimeProvider _clock;

    /// <param name="workspace">Names traffic.</param>
    /// <param name="clock">For the ledger and the gate set.</param>
    /// <exception cref="NearfarException">It names none.</exception>
    public WorkspaceLabels(Workspace workspace, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        ArgumentNullException.ThrowIfNull(clock);
        _workspace = workspace;
        _clock = clock;
        _ = workspace.Options.Data.Traffic ?? throw new NearfarException(workspace.Path, 0, "names no traffic, and what is judged are questions of traffic whose right page nobody named; those of dev and gate have theirs. Write one line a question, {\"id\": \"1\", \"query\": \"…\"}, into a file and name it: data: {traffic: traffic.jsonl}.");
    }

    /// <summary>
    /// Chooses questions of the traffic whose right document nobody named, and pools what keyword search, the current release (the untrained
    /// encoder while there is none) and a candidate find. Questions of dev and gate are judged already and are left out.
    /// </summary>
    /// <param name="options">How many and how deep; null for the defaults.</param>
    /// <param name="candidate">A model that may be released next; null: none.</param>
    /// <param name="baseline">The model that is in use; null: the current release, else the untrained encoder.</param>
    /// <param name="cancellationToken">Stops between rankers.</param>
    /// <exception cref="NearfarException">A data file is bad, or every question has a known right document.</exception>
    public async Task<LabelPool> PoolAsync(LabelOptions? options = null, IEncoder? candidate = null, IEncoder? baseline = null, CancellationToken cancellationToken = default)
    {
        var corpus = _workspace.Corpus;
        var seals = Seals();
        LabelQuestion[] open = [.. _workspace.Traffic.Where(t => t.KnownRightIds.Count == 0 && !seals.Exists(s => s.Contains(t.Query)))
            .Select(t => new LabelQuestion(t.Id, t.Query, t.Outcome == TrafficOutcome.Failed || t.Escalated == true))];
        if (open.Length == 0)
        {
            throw new NearfarException(_workspace.Options.Data.Traffic!.Path, 0, "every question has a known right document, or stands in dev or gate: nothing is to be judged.");
        }

        using var frozen = baseline is null ? await _workspace.OpenBaseAsync(_clock, null, cancellationToken).ConfigureAwait(false) : null;
        var rankers = new List<IRanker> { new Bm25Index(corpus), await VectorRanker.CreateAsync(baseline ?? _workspace.InUse(frozen, _clock), corpus, cancellationToken).ConfigureAwait(false) };
        if (candidate is not null && candidate.Space.Id != rankers[1].Name)
        {
            rankers.Add(await VectorRanker.CreateAsync(candidate, corpus, cancellationToken).ConfigureAwait(false));
        }

        return await LabelPool.BuildAsync(open, corpus, rankers, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The workspace's traffic with the judgements; the caller writes it.</summary>
    /// <param name="labels">What was judged.</param>
    /// <exception cref="NearfarException">A data file is bad, or traffic is judged otherwise already.</exception>
    public IReadOnlyList<TrafficRow> ToTraffic(JudgedLabels labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ThrowIfUnknown(labels);
        return labels.AppliedTo(_workspace.Traffic, _workspace.FailsAt());
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
        var rows = labels.ToPairs();
        if (rows.Count == 0)
        {
            throw new NearfarException("No judged question has a right document, so there is no row for the gate.");
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
