namespace Nearfar.Evaluation.Similarity;

/// <summary>The margins of one cohort of one model version.</summary>
/// <param name="Version">The model version that the rows name; null for rows that name none.</param>
/// <param name="Attribute">The cohort's attribute; null for all questions of the version.</param>
/// <param name="Value">The cohort's value; null for all questions of the version.</param>
/// <param name="N">Questions with a margin.</param>
/// <param name="WithoutNegative">Questions without a hard negative: they have no margin.</param>
/// <param name="Errors">Questions whose margin failed.</param>
/// <param name="Metrics"><c>margin_mean</c>, <c>margin_hard</c> and <c>margin_below_zero</c> with 95 % intervals clustered by positive document; empty when N is 0.</param>
public sealed record MarginLine(
    string? Version, string? Attribute, string? Value, int N, int WithoutNegative, int Errors, IReadOnlyDictionary<string, MetricSummary> Metrics);
