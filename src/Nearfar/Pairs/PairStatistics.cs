using Nearfar.Text;

namespace Nearfar.Pairs;

/// <summary>What a set of pairs is made of.</summary>
public sealed record PairStatistics
{
    /// <summary>Rows.</summary>
    public required int Rows { get; init; }

    /// <summary>Folded questions.</summary>
    public required int Questions { get; init; }

    /// <summary>Judged right, over all rows.</summary>
    public required int Positives { get; init; }

    /// <summary>Different documents among them.</summary>
    public required int PositiveDocuments { get; init; }

    /// <summary>Hard negatives, over all rows.</summary>
    public required int Negatives { get; init; }

    /// <summary>Rows that have a hard negative.</summary>
    public required int RowsWithNegatives { get; init; }

    /// <summary>Rows with graded judgements.</summary>
    public required int GradedRows { get; init; }

    /// <summary>Rows with an expected answer.</summary>
    public required int RowsWithAnswer { get; init; }

    /// <summary>Length of the questions in words: smallest, median, 95 % quantile, largest.</summary>
    public required IReadOnlyList<double> QueryWords { get; init; }

    /// <summary>Rows by script of the question (ISO 15924).</summary>
    public required IReadOnlyDictionary<string, int> Scripts { get; init; }

    /// <summary>Rows by source of their provenance; <c>(none)</c> without one, <c>(unknown)</c> where it names no source.</summary>
    public required IReadOnlyDictionary<string, int> Sources { get; init; }

    /// <summary>Hard negatives with provenance.</summary>
    public required int NegativesWithProvenance { get; init; }

    /// <summary>Rows by value of each cohort attribute that the rows give; <c>(unknown)</c> for rows without it.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> Cohorts { get; init; }

    /// <summary>Counts a set.</summary>
    /// <param name="pairs">At least one.</param>
    /// <exception cref="ArgumentException">None.</exception>
    public static PairStatistics Of(IReadOnlyList<Pair> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        if (pairs.Count == 0)
        {
            throw new ArgumentException("There are no pairs to count.", nameof(pairs));
        }

        double[] words = [.. pairs.Select(p => Words.Count(p.Query)).Order()];
        return new PairStatistics
        {
            Rows = pairs.Count,
            Questions = pairs.Select(p => p.FoldKey).Distinct(StringComparer.Ordinal).Count(),
            Positives = pairs.Sum(p => p.PositiveIds.Count),
            PositiveDocuments = pairs.SelectMany(p => p.PositiveIds).Distinct(StringComparer.Ordinal).Count(),
            Negatives = pairs.Sum(p => p.HardNegatives.Count),
            RowsWithNegatives = pairs.Count(p => p.HardNegatives.Count > 0),
            GradedRows = pairs.Count(p => p.Relevance is not null),
            RowsWithAnswer = pairs.Count(p => p.ExpectedAnswer is not null),
            QueryWords = [words[0], words[words.Length / 2], words[Math.Min(words.Length - 1, words.Length * 95 / 100)], words[^1]],
            Scripts = Count(pairs.Select(p => QueryScript.Of(p.Query))),
            Sources = Count(pairs.Select(p => p.Provenance is null ? "(none)" : p.Provenance.Source ?? "(unknown)")),
            NegativesWithProvenance = pairs.Sum(p => p.HardNegatives.Count(n => n.Provenance is not null)),
            Cohorts = pairs.SelectMany(p => p.Cohorts.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .ToDictionary(a => a, a => (IReadOnlyDictionary<string, int>)Count(pairs.Select(p => p.Cohorts.GetValueOrDefault(a, "(unknown)"))), StringComparer.Ordinal),
        };
    }

    private static SortedDictionary<string, int> Count(IEnumerable<string> values)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string value in values)
        {
            counts[value] = counts.GetValueOrDefault(value) + 1;
        }

        return counts;
    }
}
