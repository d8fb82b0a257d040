using Nearfar.Pairs;

namespace Nearfar.Gating.Sets;

/// <summary>A question that two versions hold differently.</summary>
/// <param name="Id">The row.</param>
/// <param name="Fields">Judged parts that differ: <c>query</c>, <c>positive_ids</c>, <c>relevance</c> …</param>
/// <param name="NegativesAdded">Negatives of the later version alone.</param>
/// <param name="NegativesRemoved">Negatives of the earlier version alone.</param>
public sealed record RowChange(string Id, IReadOnlyList<string> Fields, IReadOnlyList<string> NegativesAdded, IReadOnlyList<string> NegativesRemoved);

/// <summary>Questions of a cohort in two versions.</summary>
/// <param name="Attribute">Cohort attribute.</param>
/// <param name="Value">Its value.</param>
/// <param name="Before">Questions of the earlier version.</param>
/// <param name="After">Questions of the later one.</param>
public sealed record CohortCount(string Attribute, string Value, int Before, int After);

/// <summary>What lies between two versions of a gate set.</summary>
public sealed record GateSetDiff
{
    private GateSetDiff() { }

    /// <summary>The earlier version.</summary>
    public required GateSetManifest Before { get; init; }

    /// <summary>The later version.</summary>
    public required GateSetManifest After { get; init; }

    /// <summary>Rows of the later version alone.</summary>
    public required IReadOnlyList<string> Added { get; init; }

    /// <summary>Rows of the earlier version alone.</summary>
    public required IReadOnlyList<string> Removed { get; init; }

    /// <summary>Rows that differ in what was judged or in their negatives.</summary>
    public required IReadOnlyList<RowChange> Changed { get; init; }

    /// <summary>Cohorts whose number of questions differs.</summary>
    public required IReadOnlyList<CohortCount> Cohorts { get; init; }

    /// <summary>Reasons given on the way from the one to the other.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>Whether reports on the one can stand beside reports on the other.</summary>
    public bool SameHash => Before.Hash == After.Hash;

    /// <summary>Whether the later version only adds, or says why it does more.</summary>
    public bool IsLawful => Reasons.Count > 0 || (Removed.Count == 0 && Changed.Count == 0);

    /// <summary>Compares two versions of one folder.</summary>
    /// <param name="folder">Holds both.</param>
    /// <param name="before">The earlier version.</param>
    /// <param name="after">The later one.</param>
    /// <exception cref="NearfarException">No such version, or a folder that was changed by hand.</exception>
    /// <exception cref="ArgumentException">The first is not the earlier one.</exception>
    public static GateSetDiff Of(GateSetFolder folder, int before, int after)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (before >= after)
        {
            throw new ArgumentException($"The earlier version comes first, and another one second; came {before} and {after}.", nameof(before));
        }

        var (earlier, later) = (folder.Load(before), folder.Load(after));
        var old = earlier.Rows.Rows.ToDictionary(r => r.Id, StringComparer.Ordinal);
        var present = later.Rows.Rows.Select(r => r.Id).ToHashSet(StringComparer.Ordinal);
        return new GateSetDiff
        {
            Before = earlier.Manifest,
            After = later.Manifest,
            Added = [.. later.Rows.Rows.Select(r => r.Id).Where(id => !old.ContainsKey(id))],
            Removed = [.. earlier.Rows.Rows.Select(r => r.Id).Where(id => !present.Contains(id))],
            Changed = [.. later.Rows.Rows.Where(r => old.ContainsKey(r.Id)).Select(r => Change(old[r.Id], r)).OfType<RowChange>()],
            Cohorts = [.. CohortsOf(earlier.Manifest, later.Manifest)],
            Reasons = [.. folder.Versions().Where(v => v.Version > before && v.Version <= after).Select(v => v.Because).OfType<string>()],
        };
    }

    private static RowChange? Change(Pair before, Pair after)
    {
        string[] was = [.. before.HardNegatives.Select(n => n.DocumentId)];
        string[] now = [.. after.HardNegatives.Select(n => n.DocumentId)];
        var change = new RowChange(after.Id, GateSetRules.ChangedFields(before, after), [.. now.Except(was, StringComparer.Ordinal)], [.. was.Except(now, StringComparer.Ordinal)]);
        return change.Fields.Count + change.NegativesAdded.Count + change.NegativesRemoved.Count > 0 ? change : null;
    }

    private static IEnumerable<CohortCount> CohortsOf(GateSetManifest before, GateSetManifest after) =>
        from attribute in before.Cohorts.Keys.Union(after.Cohorts.Keys, StringComparer.Ordinal)
        let was = before.Cohorts.GetValueOrDefault(attribute)
        let now = after.Cohorts.GetValueOrDefault(attribute)
        from value in (was?.Keys ?? []).Union(now?.Keys ?? [], StringComparer.Ordinal).Order(StringComparer.Ordinal)
        let count = new CohortCount(attribute, value, was?.GetValueOrDefault(value) ?? 0, now?.GetValueOrDefault(value) ?? 0)
        where count.Before != count.After
        select count;
}
