using System.Globalization;
using Nearfar.Pairs;

namespace Nearfar.Gating.Sets;

/// <summary>One frozen version: its rows with the negatives that were drawn, the whole pools, and what they are made of.</summary>
public sealed class FrozenGateSet
{
    internal FrozenGateSet(GateSetManifest manifest, RowSet<Pair> rows, IReadOnlyList<Pair> pool)
    {
        Manifest = manifest;
        Rows = rows;
        Pool = pool;
    }

    /// <summary>Version, hash, seed, counts.</summary>
    public GateSetManifest Manifest { get; }

    /// <summary>The questions with their drawn negatives: what the gate reads.</summary>
    public RowSet<Pair> Rows { get; }

    /// <summary>The same questions with every document of their pools, for people who judge; decides nothing.</summary>
    public IReadOnlyList<Pair> Pool { get; }

    /// <summary>Whether a person wrote, judged or reviewed a negative.</summary>
    /// <param name="row">Its row.</param>
    /// <param name="negative">One of its negatives.</param>
    public static bool IsReviewed(Pair row, HardNegative negative)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(negative);
        return negative.Provenance is null or { Source: "human" } or { Reviewer: not null }
            || row.ForbiddenIds.Contains(negative.DocumentId, StringComparer.Ordinal)
            || row.Relevance?.ContainsKey(negative.DocumentId) == true;
    }

    /// <summary>Refuses a set that is not what was frozen, and says what changed since.</summary>
    /// <param name="set">Built of <see cref="Rows"/> over the corpus of today.</param>
    /// <exception cref="NearfarException">Its hash is another.</exception>
    public void ThrowUnlessSame(JudgedSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (Changes(set) is { Count: > 0 } changes)
        {
            throw new NearfarException(Rows.Path, 0,
                $"version {Manifest.Version} of the gate set is not what was frozen any more: {string.Join("; ", changes)}. Put it back, or make the next version: nearfar gateset freeze. Both models are then scored again.");
        }
    }

    /// <summary>What of a set differs from what was frozen, in words; empty when its hash is the same.</summary>
    /// <param name="set">Built of <see cref="Rows"/> over the corpus of today.</param>
    public IReadOnlyList<string> Changes(JudgedSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (set.Hash == Manifest.Hash)
        {
            return [];
        }

        var changes = new List<string>();
        if (set.Corpus.Hash != Manifest.CorpusHash)
        {
            int named = Manifest.Documents.Count(d => !set.Corpus.TryGet(d.Key, out var document) || ContentHash.IdOf(document.Content) != d.Value);
            changes.Add($"the corpus changed ({Manifest.CorpusDocuments} documents then, {set.Corpus.Count} now; {named} of {Manifest.Documents.Count} that the set names read differently)");
        }

        if (set.AsOf != Manifest.AsOf)
        {
            changes.Add($"as_of was {Day(Manifest.AsOf)} and is {Day(set.AsOf)}");
        }

        if (!GateSetRules.Describe(set.Rules).SequenceEqual(Manifest.Rules, StringComparer.Ordinal))
        {
            changes.Add("the cohort rules changed");
        }

        return changes.Count > 0 ? changes : ["attributes of documents that cohorts are read from changed"];
    }

    private static string Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "not set";
}
