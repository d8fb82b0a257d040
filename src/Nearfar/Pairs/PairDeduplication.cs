using Nearfar.Text;

namespace Nearfar.Pairs;

/// <summary>Pairs with each question once: equal questions are united, near-duplicate ones with the same positives dropped, contradictions left alone.</summary>
/// <remarks>
/// Of several rows the one stays whose provenance weighs most (human, log, none, mined, synthetic), then the one with more judgements, then the
/// earlier. An equal question keeps the positives, negatives and grades of all its rows, each negative with its provenance. Dropped rows are
/// returned whole, so that no provenance is lost.
/// </remarks>
public sealed class PairDeduplication
{
    private readonly RowSet<Pair> _rows;
    private readonly List<DroppedPair> _dropped = [];
    private readonly List<PairConflict> _conflicts = [];

    private PairDeduplication(RowSet<Pair> rows) => _rows = rows;

    /// <summary>Rows that stay, in file order.</summary>
    public IReadOnlyList<Pair> Kept { get; private set; } = [];

    /// <summary>Rows that do not, in file order, each with the row that stays for it.</summary>
    public IReadOnlyList<DroppedPair> Dropped => _dropped;

    /// <summary>Rows that ask the same and are judged differently; all of them stay.</summary>
    public IReadOnlyList<PairConflict> Conflicts => _conflicts;

    /// <summary>Takes out what stands twice.</summary>
    /// <param name="rows">One file of pairs.</param>
    public static PairDeduplication Of(RowSet<Pair> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var result = new PairDeduplication(rows);
        result.Run();
        return result;
    }

    private void Run()
    {
        var kept = new List<(Pair Pair, int Row)>();
        foreach (var group in EqualGroups())
        {
            Unite([.. group.Order(Comparer<int>.Create(Weigh))], kept);
        }

        kept = DropNear(kept);
        Kept = [.. kept.OrderBy(k => k.Row).Select(k => k.Pair)];
        _dropped.Sort((a, b) => a.Line.CompareTo(b.Line));
        _conflicts.Sort((a, b) => a.Line.CompareTo(b.Line));
    }

    private IEnumerable<IGrouping<int, int>> EqualGroups()
    {
        var union = new UnionFind(_rows.Rows.Count);
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < _rows.Rows.Count; i++)
        {
            string key = FoldKeys.Of(_rows.Rows[i].Query);
            if (!first.TryAdd(key, i))
            {
                union.Union(first[key], i);
            }
        }

        return Enumerable.Range(0, _rows.Rows.Count).GroupBy(union.Find);
    }

    private int Weigh(int a, int b)
    {
        var (first, second) = (_rows.Rows[a], _rows.Rows[b]);
        int bySource = Source(first).CompareTo(Source(second));
        int byJudgements = Judgements(second).CompareTo(Judgements(first));
        return bySource != 0 ? bySource : byJudgements != 0 ? byJudgements : a.CompareTo(b);
    }

    private static int Source(Pair pair) => pair.Provenance?.Source switch { "human" => 0, "log" => 1, null => 2, "mined" => 3, _ => 4 };

    private static int Judgements(Pair pair) => pair.PositiveIds.Count + pair.HardNegatives.Count + pair.ForbiddenIds.Count + (pair.Relevance?.Count ?? 0);

    // Best first. One contradiction among them, and all stay.
    private void Unite(int[] group, List<(Pair Pair, int Row)> kept)
    {
        Pair[] rows = [.. group.Select(i => _rows.Rows[i])];
        var right = rows.SelectMany(r => r.PositiveIds).ToHashSet(StringComparer.Ordinal);
        string? contradicted = rows.SelectMany(Wrong).FirstOrDefault(right.Contains) ?? DifferentlyGraded(rows);
        if (contradicted is not null)
        {
            kept.AddRange(group.Select(i => (_rows.Rows[i], i)));
            _conflicts.Add(new PairConflict(_rows.Lines[group[^1]], rows[^1].Id, rows[0].Id, $"equal questions, and document \"{contradicted}\" is judged differently"));
            return;
        }

        kept.Add((rows.Length == 1 ? rows[0] : United(rows), group[0]));
        foreach (int i in group.Skip(1))
        {
            _dropped.Add(new DroppedPair(_rows.Rows[i], _rows.Lines[i], rows[0].Id, $"equal question; {Why(rows[0], _rows.Rows[i])}"));
        }
    }

    private static IEnumerable<string> Wrong(Pair row) => row.HardNegatives.Select(n => n.DocumentId).Concat(row.ForbiddenIds)
        .Concat((row.Relevance ?? new Dictionary<string, int>()).Where(g => g.Value < 1).Select(g => g.Key));

    private static string? DifferentlyGraded(Pair[] rows) => rows.SelectMany(r => r.Relevance ?? new Dictionary<string, int>())
        .GroupBy(g => g.Key, StringComparer.Ordinal).FirstOrDefault(g => g.Select(x => x.Value).Distinct().Skip(1).Any())?.Key;

    private static Pair United(Pair[] rows)
    {
        var relevance = rows.SelectMany(r => r.Relevance ?? new Dictionary<string, int>()).DistinctBy(g => g.Key).ToDictionary(g => g.Key, g => g.Value, StringComparer.Ordinal);
        return rows[0] with
        {
            PositiveIds = [.. rows.SelectMany(r => r.PositiveIds).Distinct(StringComparer.Ordinal)],
            HardNegatives = [.. rows.SelectMany(r => r.HardNegatives).OrderBy(n => n.Provenance is null).DistinctBy(n => n.DocumentId)],
            ForbiddenIds = [.. rows.SelectMany(r => r.ForbiddenIds).Distinct(StringComparer.Ordinal)],
            Relevance = relevance.Count == 0 ? null : relevance,
            ExpectedAnswer = rows.Select(r => r.ExpectedAnswer).FirstOrDefault(a => a is not null),
            Cohorts = rows.SelectMany(r => r.Cohorts).DistinctBy(c => c.Key).ToDictionary(c => c.Key, c => c.Value, StringComparer.Ordinal),
        };
    }

    private List<(Pair Pair, int Row)> DropNear(List<(Pair Pair, int Row)> kept)
    {
        uint[][] shingles = NearDuplicateJoin.ShinglesOf(kept.Count, i => kept[i].Pair.Query);
        var union = new UnionFind(kept.Count);
        NearDuplicateJoin.Join(shingles, union);
        var stays = new List<(Pair Pair, int Row)>();
        foreach (var group in Enumerable.Range(0, kept.Count).GroupBy(union.Find))
        {
            var best = new List<int>();
            foreach (int i in group.OrderBy(i => kept[i].Row, Comparer<int>.Create(Weigh)))
            {
                int near = best.FindIndex(b => FoldKeys.Of(kept[b].Pair.Query) != FoldKeys.Of(kept[i].Pair.Query) && Shingles.AreNear(shingles[b], shingles[i]));
                if (near < 0 || !Same(kept[best[near]].Pair, kept[i].Pair))
                {
                    best.Add(i);
                    if (near >= 0)
                    {
                        _conflicts.Add(new PairConflict(_rows.Lines[kept[i].Row], kept[i].Pair.Id, kept[best[near]].Pair.Id, "near-duplicate questions with other positives"));
                    }

                    continue;
                }

                var stay = kept[best[near]].Pair;
                _dropped.Add(new DroppedPair(kept[i].Pair, _rows.Lines[kept[i].Row], stay.Id, $"near-duplicate question with the same positives; {Why(stay, kept[i].Pair)}"));
            }

            stays.AddRange(best.Select(b => kept[b]));
        }

        return stays;
    }

    private static bool Same(Pair a, Pair b) => a.PositiveIds.ToHashSet(StringComparer.Ordinal).SetEquals(b.PositiveIds);

    private static string Why(Pair stays, Pair goes) => Source(stays) < Source(goes) ? $"{stays.Provenance?.Source ?? "no source"} weighs more than {goes.Provenance?.Source ?? "no source"}"
        : Judgements(stays) > Judgements(goes) ? "it has more judgements" : "it stands first";
}

/// <summary>A row that is taken out because another stays for it.</summary>
/// <param name="Pair">The row, whole.</param>
/// <param name="Line">Its line.</param>
/// <param name="KeptId">The row that stays.</param>
/// <param name="Reason">Why this one goes.</param>
public sealed record DroppedPair(Pair Pair, long Line, string KeptId, string Reason);

/// <summary>Two rows that ask the same and are judged differently.</summary>
/// <param name="Line">Line of the later one.</param>
/// <param name="Id">Its id.</param>
/// <param name="OtherId">The other row.</param>
/// <param name="Reason">What contradicts.</param>
public sealed record PairConflict(long Line, string Id, string OtherId, string Reason);
