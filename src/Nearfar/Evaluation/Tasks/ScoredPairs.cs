namespace Nearfar.Evaluation.Tasks;

/// <summary>Pairs of texts with their similarity and whether they belong together.</summary>
public sealed class ScoredPairs
{
    /// <param name="similarities">One a pair, finite.</param>
    /// <param name="matches">Whether the pair belongs together.</param>
    /// <param name="groups">What a pair is about, such as its query; pairs of one are never split between learning and testing. Null: each pair is alone.</param>
    /// <exception cref="ArgumentException">Counts differ, or a similarity that is not finite.</exception>
    /// <exception cref="NearfarException">No pair that matches, or none that does not.</exception>
    public ScoredPairs(IReadOnlyList<double> similarities, IReadOnlyList<bool> matches, IReadOnlyList<string>? groups = null)
    {
        ArgumentNullException.ThrowIfNull(similarities);
        ArgumentNullException.ThrowIfNull(matches);
        if (similarities.Count != matches.Count || (groups is not null && groups.Count != matches.Count))
        {
            throw new ArgumentException($"{similarities.Count} similarities, {matches.Count} labels{(groups is null ? "" : $" and {groups.Count} groups")}; wanted one of each for every pair.");
        }

        if (similarities.Any(s => !double.IsFinite(s)))
        {
            throw new ArgumentException("A similarity is NaN or infinite; such a pair is never classified.", nameof(similarities));
        }

        if (!matches.Contains(true) || !matches.Contains(false))
        {
            throw new NearfarException($"Of {matches.Count} pairs {matches.Count(m => m)} match; wanted some that match and some that do not.");
        }

        (Similarities, Matches, Groups) = (similarities, matches, groups);
    }

    /// <summary>One a pair.</summary>
    public IReadOnlyList<double> Similarities { get; }

    /// <summary>Whether each pair belongs together.</summary>
    public IReadOnlyList<bool> Matches { get; }

    /// <summary>What each pair is about; null: each is alone.</summary>
    public IReadOnlyList<string>? Groups { get; }

    /// <summary>Number of pairs.</summary>
    public int Count => Matches.Count;
}
