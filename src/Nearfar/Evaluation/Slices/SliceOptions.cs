using System.Globalization;

namespace Nearfar.Evaluation.Slices;

/// <summary>What a search for slices looks at and how sure it must be.</summary>
public sealed record SliceOptions
{
    /// <summary>A measure of the report where higher is better. Null: <c>margin_hard</c> (of two reports <c>z_margin_hard</c>) where rows have it, else nDCG at the largest cutoff.</summary>
    public string? Metric { get; init; }

    /// <summary>Cohort attributes combined; null: all of the report.</summary>
    public IReadOnlyList<string>? Attributes { get; init; }

    /// <summary>An attribute whose known differences are set aside: each question counts against the mean of its own cohort. Null: none.</summary>
    public string? Within { get; init; }

    /// <summary>Most conditions of a slice, 1 to 3. Default 2.</summary>
    public int Depth { get; init; } = 2;

    /// <summary>Least questions inside a slice and outside it, at least 3. Default 10.</summary>
    public int LeastQuestions { get; init; } = 10;

    /// <summary>Least positive documents of a slice, at least 1: one page is no slice. Default 3.</summary>
    public int LeastClusters { get; init; } = 3;

    /// <summary>Whether words of the question are conditions too. Default true.</summary>
    public bool Words { get; init; } = true;

    /// <summary>Least questions that contain a word for it to be a condition, at least 3. Default 10.</summary>
    public int LeastWordQuestions { get; init; } = 10;

    /// <summary>Groups that question vectors are parted into when vectors are given, 2 to 1,000. Default 20.</summary>
    public int Groups { get; init; } = 20;

    /// <summary>B, 99 to 99,999. Default 999; the smallest adjusted p is 1 / (1 + B).</summary>
    public int Permutations { get; init; } = 999;

    /// <summary>Chance of reporting any slice when nothing is wrong, above 0, below 1. Default .05.</summary>
    public double Alpha { get; init; } = 0.05;

    /// <summary>Most slices reported, 1 to 100. Default 10.</summary>
    public int MostSlices { get; init; } = 10;

    /// <summary>Example questions of a slice, 0 to 100. Default 5.</summary>
    public int Examples { get; init; } = 5;

    /// <summary>Seed of permutations and groups. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <exception cref="ArgumentException">Options that cannot be; all problems in one message.</exception>
    internal void ThrowUnlessValid()
    {
        var problems = new List<string>();
        if (Metric is not null && (!MetricNames.IsKnown(Metric) || !(MetricNames.IsRetrieval(Metric) || Metric.Contains("margin_", StringComparison.Ordinal)) || Metric == MetricNames.MarginBelowZero))
        {
            problems.Add($"\"{Metric}\" is no measure where higher is better, such as recall@5 or margin_hard");
        }

        CheckAlpha(Alpha, problems);
        CheckRange(nameof(Depth), Depth, 1, 3, problems);
        CheckRange(nameof(LeastQuestions), LeastQuestions, 3, int.MaxValue, problems);
        CheckRange(nameof(LeastClusters), LeastClusters, 1, int.MaxValue, problems);
        CheckRange(nameof(LeastWordQuestions), LeastWordQuestions, 3, int.MaxValue, problems);
        CheckRange(nameof(Groups), Groups, 2, 1000, problems);
        CheckRange(nameof(Permutations), Permutations, 99, 99_999, problems);
        CheckRange(nameof(MostSlices), MostSlices, 1, 100, problems);
        CheckRange(nameof(Examples), Examples, 0, 100, problems);
        if (problems.Count > 0)
        {
            throw new ArgumentException($"Slices cannot be searched so: {string.Join("; ", problems)}.");
        }
    }

    private void CheckAlpha(double alpha, List<string> problems)
    {
        if (!(alpha is > 0 and < 1))
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{nameof(Alpha)} is {alpha}, wanted above 0 and below 1"));
        }
        else if (alpha * (1 + Permutations) < 1)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{Permutations} permutations cannot prove at {alpha}: wanted at least {Math.Ceiling(1 / alpha) - 1}"));
        }
    }

    private static void CheckRange(string name, int value, int least, int most, List<string> problems)
    {
        if (value < least || value > most)
        {
            problems.Add(most == int.MaxValue ? $"{name} is {value}, wanted at least {least}" : $"{name} is {value}, wanted {least} to {most}");
        }
    }
}
