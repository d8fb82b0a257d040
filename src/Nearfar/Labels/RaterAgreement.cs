using Nearfar.Search;

namespace Nearfar.Labels;

/// <summary>How far two raters agree beyond chance.</summary>
/// <remarks>Cohen 1960, "A coefficient of agreement for nominal scales"; weighted by the squared difference of grades: Cohen 1968.</remarks>
public sealed record RaterAgreement
{
    private const int Grades = 4;

    /// <summary>Rows that both judged.</summary>
    public required int Rows { get; init; }

    /// <summary>Share of them with the same grade.</summary>
    public required double Same { get; init; }

    /// <summary>Share of them on which both say right (1 and more) or both say wrong.</summary>
    public required double SameSide { get; init; }

    /// <summary>Kappa of right or wrong; null when chance alone agrees fully (each rater gave one answer throughout), where it has no value.</summary>
    public double? KappaOfRight { get; init; }

    /// <summary>Kappa of the grades as names; null as above.</summary>
    public double? Kappa { get; init; }

    /// <summary>Kappa of the grades, a difference of two weighing four times a difference of one; null as above.</summary>
    public double? WeightedKappa { get; init; }

    /// <summary>Rows that they graded differently, largest difference first.</summary>
    public required IReadOnlyList<RaterDisagreement> Disagreements { get; init; }

    /// <summary>Compares two sheets of the same rows.</summary>
    /// <param name="first">One rater's.</param>
    /// <param name="second">The other's.</param>
    /// <exception cref="NearfarException">No row was judged by both.</exception>
    public static RaterAgreement Of(IReadOnlyList<LabelRow> first, IReadOnlyList<LabelRow> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var others = second.Where(r => r.Grade is not null).ToDictionary(r => (r.QuestionId, r.DocumentId));
        var both = first.Where(r => r.Grade is not null && others.ContainsKey((r.QuestionId, r.DocumentId))).Select(r => (A: r, B: others[(r.QuestionId, r.DocumentId)])).ToList();
        if (both.Count == 0)
        {
            throw new NearfarException("No row was judged on both sheets, so there is nothing to compare. Wanted are two sheets of one pool, each judged by one person.");
        }

        double[,] counts = new double[Grades, Grades];
        both.ForEach(p => counts[p.A.Grade!.Value, p.B.Grade!.Value]++);
        double[,] sides = new double[2, 2];
        both.ForEach(p => sides[Math.Min(1, p.A.Grade!.Value), Math.Min(1, p.B.Grade!.Value)]++);
        return new RaterAgreement
        {
            Rows = both.Count,
            Same = both.Count(p => p.A.Grade == p.B.Grade) / (double)both.Count,
            SameSide = (sides[0, 0] + sides[1, 1]) / both.Count,
            KappaOfRight = KappaOf(sides, (a, b) => a == b ? 0 : 1),
            Kappa = KappaOf(counts, (a, b) => a == b ? 0 : 1),
            WeightedKappa = KappaOf(counts, (a, b) => (a - b) * (a - b)),
            Disagreements = [.. both.Where(p => p.A.Grade != p.B.Grade)
                .Select(p => new RaterDisagreement(p.A.QuestionId, p.A.Query, p.A.DocumentId, p.A.Rater!, p.A.Grade!.Value, p.B.Rater!, p.B.Grade!.Value))
                .OrderByDescending(d => Math.Abs(d.FirstGrade - d.SecondGrade)).ThenBy(d => d.QuestionId, Utf8Order.Ascending).ThenBy(d => d.DocumentId, Utf8Order.Ascending)],
        };
    }

    // 1 - observed over expected disagreement.
    private static double? KappaOf(double[,] counts, Func<int, int, double> weight)
    {
        int size = counts.GetLength(0);
        double[] rows = new double[size], columns = new double[size];
        double total = 0, observed = 0, expected = 0;
        for (int a = 0; a < size; a++)
        {
            for (int b = 0; b < size; b++)
            {
                rows[a] += counts[a, b];
                columns[b] += counts[a, b];
                total += counts[a, b];
            }
        }

        for (int a = 0; a < size; a++)
        {
            for (int b = 0; b < size; b++)
            {
                observed += weight(a, b) * counts[a, b];
                expected += weight(a, b) * rows[a] * columns[b] / total;
            }
        }

        return expected == 0 ? null : 1 - (observed / expected);
    }
}

/// <summary>A row that two raters graded differently.</summary>
/// <param name="QuestionId">The traffic row that asked.</param>
/// <param name="Query">The question.</param>
/// <param name="DocumentId">The document.</param>
/// <param name="First">One rater.</param>
/// <param name="FirstGrade">His grade.</param>
/// <param name="Second">The other.</param>
/// <param name="SecondGrade">Her grade.</param>
public sealed record RaterDisagreement(string QuestionId, string Query, string DocumentId, string First, int FirstGrade, string Second, int SecondGrade);
