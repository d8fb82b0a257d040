using Nearfar.Pairs;

namespace Nearfar.Gating.Sets;

/// <summary>Which questions of a draft stay as the version before froze them and which are pooled anew.</summary>
internal sealed class FreezePlan
{
    private readonly ProblemList _changes = new();

    private FreezePlan(RowSet<Pair> draft) => Draft = draft;

    /// <summary>The rows of the next version: those of the version before in its order, then new ones in the order of the file.</summary>
    public RowSet<Pair> Draft { get; private set; }

    /// <summary>New or changed questions, all rows of each.</summary>
    public List<IReadOnlyList<Pair>> Fresh { get; } = [];

    /// <summary>Rows of the version before that stay, by id.</summary>
    public Dictionary<string, Pair> Kept { get; } = new(StringComparer.Ordinal);

    /// <summary>Their pools.</summary>
    public Dictionary<string, Pair> KeptPools { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the version before holds just these questions.</summary>
    public bool IsUnchanged => Fresh.Count == 0 && _changes.Count == 0;

    public static FreezePlan Of(RowSet<Pair> draft, FrozenGateSet? previous, Corpus corpus, bool redraw)
    {
        var before = (previous?.Rows.Rows ?? []).ToDictionary(r => r.Id, StringComparer.Ordinal);
        var pools = (previous?.Pool ?? []).ToDictionary(r => r.Id, StringComparer.Ordinal);
        var position = (previous?.Rows.Rows ?? []).Select((r, i) => (r.Id, i)).ToDictionary(p => p.Id, p => p.i, StringComparer.Ordinal);
        int[] order = [.. Enumerable.Range(0, draft.Rows.Count).OrderBy(i => position.GetValueOrDefault(draft.Rows[i].Id, int.MaxValue))];      // stable
        var plan = new FreezePlan(new RowSet<Pair>(draft.Path, [.. order.Select(i => draft.Rows[i])], [.. order.Select(i => draft.Lines[i])]));
        var changed = plan.Compare(before, corpus);
        foreach (var fold in plan.Draft.Rows.GroupBy(r => r.FoldKey, StringComparer.Ordinal))
        {
            Pair[] rows = [.. fold];
            bool kept = !redraw && rows.All(r => before.ContainsKey(r.Id) && pools.ContainsKey(r.Id) && !changed.Contains(r.Id));
            if (!kept)
            {
                plan.Fresh.Add(rows);
                continue;
            }

            foreach (var row in rows)
            {
                plan.Kept.Add(row.Id, before[row.Id]);
                plan.KeptPools.Add(row.Id, pools[row.Id]);
            }
        }

        return plan;
    }

    /// <exception cref="NearfarException">The draft does more than add questions.</exception>
    public void ThrowUnlessAppended(RowSet<Pair> draft, FrozenGateSet? previous, bool redraw)
    {
        if (redraw)
        {
            var manifest = previous!.Manifest;
            _changes.Add(draft.Path, 0, $"version {manifest.Version} was drawn with {manifest.PerQuery} negatives of depth {manifest.Depth} and seed {manifest.Seed}; other numbers draw every question again. Keep them, or give the reason with --because.");
        }

        _changes.ThrowIfAny();
    }

    private HashSet<string> Compare(Dictionary<string, Pair> before, Corpus corpus)
    {
        var changed = new HashSet<string>(StringComparer.Ordinal);
        var folds = before.Values.Select(r => r.FoldKey).ToHashSet(StringComparer.Ordinal);
        for (int i = 0; i < Draft.Rows.Count; i++)
        {
            var row = Draft.Rows[i];
            if (!before.TryGetValue(row.Id, out var frozen))
            {
                if (folds.Contains(row.FoldKey))
                {
                    _changes.Add(Draft.Path, Draft.Lines[i], $"row \"{row.Id}\" repeats a question that is frozen already, which changes its judgement. Remove the row, or give the reason with --because.");
                }

                continue;
            }

            if (GateSetRules.ChangedFields(frozen, row) is { Count: > 0 } fields)
            {
                changed.Add(row.Id);
                _changes.Add(Draft.Path, Draft.Lines[i], $"row \"{row.Id}\" is frozen and differs in {string.Join(", ", fields)}. Put it back, or give the reason with --because.");
            }
            else if (frozen.HardNegatives.FirstOrDefault(n => !corpus.TryGetIndex(n.DocumentId, out _)) is { } gone)
            {
                changed.Add(row.Id);
                _changes.Add(Draft.Path, Draft.Lines[i], $"row \"{row.Id}\" is frozen with the negative \"{gone.DocumentId}\", which left the corpus. Put the document back, or give the reason with --because: the question is then drawn again.");
            }
        }

        var present = Draft.Rows.Select(r => r.Id).ToHashSet(StringComparer.Ordinal);
        foreach (string id in before.Keys.Where(id => !present.Contains(id)))
        {
            _changes.Add(Draft.Path, 0, $"row \"{id}\" is frozen and was removed. Put it back, or give the reason with --because.");
        }

        return changed;
    }
}
