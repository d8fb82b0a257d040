using Nearfar.Vectors;

namespace Nearfar.Evaluation.Spaces;

/// <summary>Scores of one space that a threshold cuts: similarities of pairs that must not match, or margins of questions.</summary>
public sealed class ScoreSample
{
    private readonly double[] _descending;

    /// <param name="space">Where the scores come from.</param>
    /// <param name="scores">Finite; in the order of <paramref name="clusters"/>.</param>
    /// <param name="clusters">What each score is about (its query or page): scores of one are not independent. Null: all are independent.</param>
    /// <exception cref="ArgumentException">Counts differ.</exception>
    /// <exception cref="NearfarException">No score, or one that is not finite.</exception>
    public ScoreSample(EmbeddingSpace space, IReadOnlyList<double> scores, IReadOnlyList<string>? clusters = null)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(scores);
        if (clusters is not null && clusters.Count != scores.Count)
        {
            throw new ArgumentException($"{clusters.Count} clusters for {scores.Count} scores; wanted one for each.", nameof(clusters));
        }

        if (scores.Count == 0)
        {
            throw new NearfarException($"No score of space {space}: a threshold is carried over by what it lets through, so both spaces need scores of pairs.");
        }

        if (scores.Any(s => !double.IsFinite(s)))
        {
            throw new NearfarException($"A score of space {space} is NaN or infinite; such a score is never compared. Mend the encoder.");
        }

        Space = space;
        Scores = scores;
        Clusters = clusters;
        _descending = [.. scores.OrderDescending()];
    }

    /// <summary>Where the scores come from.</summary>
    public EmbeddingSpace Space { get; }

    /// <summary>The scores.</summary>
    public IReadOnlyList<double> Scores { get; }

    /// <summary>What each score is about; null: all are independent.</summary>
    public IReadOnlyList<string>? Clusters { get; }

    /// <summary>The margins of a report: one score a question, clustered by positive document.</summary>
    /// <param name="report">Of an encoder.</param>
    /// <param name="metric">For example <see cref="MetricNames.MarginMean"/>.</param>
    /// <exception cref="NearfarException">A report without vectors, or no question has the measure.</exception>
    public static ScoreSample Of(EvalReport report, string metric)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(metric);
        var rows = report.Queries.Where(q => q.Metrics.ContainsKey(metric)).ToArray();
        return new(report.Space ?? throw new NearfarException($"Report \"{report.Label}\" is of a ranking without vectors: it has no {metric} and no threshold of one."),
            [.. rows.Select(r => r.Metrics[metric])], [.. rows.Select(r => r.Cluster)]);
    }

    /// <summary>Descending.</summary>
    internal ReadOnlySpan<double> Descending => _descending;

    /// <summary>Scores at or above a threshold.</summary>
    internal int AtLeast(double threshold)
    {
        int low = 0;
        int high = _descending.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _descending[middle] >= threshold ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
