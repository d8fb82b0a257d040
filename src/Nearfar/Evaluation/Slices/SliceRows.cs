using Nearfar.Evaluation.Statistics;

namespace Nearfar.Evaluation.Slices;

/// <summary>The questions that are searched, those of a cluster side by side, with what each is worth.</summary>
internal sealed class SliceRows
{
    private const double Grid = 1e-6;       // inference differs by about as much between processors

    private SliceRows(QueryScore[] questions, double[] values, string? within)
    {
        Questions = questions;
        Values = values;
        Mean = values.Average();
        Residuals = Centred(questions, values, within);
        var starts = new List<int>();
        var blocks = new List<int>();
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < questions.Length; i++)
        {
            if (i == 0 || questions[i].Cluster != questions[i - 1].Cluster)
            {
                starts.Add(i);
                blocks.Add(0);
            }

            // Clusters of one cohort trade places; those that span several do so among themselves.
            string cohort = within is null ? "" : PairedReports.CohortOf(questions[i], within);
            int number = numbers.TryGetValue(cohort, out int known) ? known : numbers[cohort] = numbers.Count;
            blocks[^1] = i == starts[^1] || blocks[^1] == number ? number : -1;
        }

        Starts = [.. starts, questions.Length];
        Blocks = [.. blocks];
    }

    public QueryScore[] Questions { get; }

    /// <summary>Of the measure, or of its difference.</summary>
    public double[] Values { get; }

    public double Mean { get; }

    /// <summary>Values less the mean of the question's parent cohort, or of all.</summary>
    public double[] Residuals { get; }

    /// <summary>First question of each cluster, then their number.</summary>
    public int[] Starts { get; }

    /// <summary>By cluster.</summary>
    public int[] Blocks { get; }

    /// <summary>Ids of the members with the lowest residuals.</summary>
    public string[] Worst(IEnumerable<int> members, int most) =>
        [.. members.OrderBy(i => Residuals[i]).ThenBy(i => Questions[i].Id, Search.Utf8Order.Ascending).Take(most).Select(i => Questions[i].Id)];

    public ClusterPermutation Permutation() => new(Residuals, Starts, Blocks);

    /// <param name="having">Questions with the measure, and its value.</param>
    /// <param name="within">The attribute whose cohort means are taken off.</param>
    public static SliceRows Of(IEnumerable<(QueryScore Question, double Value)> having, string? within)
    {
        var rows = having.OrderBy(r => r.Question.Cluster, Search.Utf8Order.Ascending).ThenBy(r => r.Question.Id, Search.Utf8Order.Ascending).ToArray();
        return new([.. rows.Select(r => r.Question)], [.. rows.Select(r => Math.Round(r.Value / Grid) * Grid)], within);
    }

    private static double[] Centred(QueryScore[] questions, double[] values, string? within)
    {
        double[] residuals = new double[values.Length];
        foreach (var cohort in Enumerable.Range(0, values.Length).GroupBy(i => within is null ? "" : PairedReports.CohortOf(questions[i], within), StringComparer.Ordinal))
        {
            double mean = cohort.Average(i => values[i]);
            foreach (int i in cohort)
            {
                residuals[i] = values[i] - mean;
            }
        }

        return residuals;
    }
}
