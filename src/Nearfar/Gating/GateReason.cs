using System.Globalization;
using System.Text;

namespace Nearfar.Gating;

/// <summary>What a test found.</summary>
public enum TestOutcome
{
    /// <summary>The lower bound is above the limit.</summary>
    Fine,

    /// <summary>The 95 % upper bound is below the limit.</summary>
    Bad,

    /// <summary>Neither: the data do not decide.</summary>
    Open,
}

/// <summary>One test of a decision with every number it used, rounded to 1e-6 as the verdict was made.</summary>
public sealed record GateReason
{
    /// <summary>
    /// <c>G1</c> overall, <c>G2</c> protected cohort, <c>G3</c> all other cohorts and measures, <c>G4</c> against an earlier release, <c>floor</c>,
    /// <c>violation</c>, <c>watch</c> a margin that is only watched.
    /// </summary>
    public required string Rule { get; init; }

    /// <summary>The cohort; null: all questions.</summary>
    public CohortKey? Cohort { get; init; }

    /// <summary>The measure.</summary>
    public required string Metric { get; init; }

    /// <summary>What it was compared with; null for floors and limits.</summary>
    public ReferenceKind? Reference { get; init; }

    /// <summary>The earlier release it was compared with (G4); else null.</summary>
    public string? Release { get; init; }

    /// <summary>Questions tested.</summary>
    public required int N { get; init; }

    /// <summary>Positive documents they ask for.</summary>
    public required int Clusters { get; init; }

    /// <summary>Mean of the reference; null without one.</summary>
    public double? Baseline { get; init; }

    /// <summary>Mean of the candidate.</summary>
    public required double Candidate { get; init; }

    /// <summary>Candidate less reference; null without one.</summary>
    public double? Difference { get; init; }

    /// <summary>Lower bound of the difference, or of the mean without a reference; null when there are too few questions.</summary>
    public double? Low { get; init; }

    /// <summary>Upper bound; null likewise.</summary>
    public double? High { get; init; }

    /// <summary>One-sided confidence of <see cref="Low"/> (violation: of <see cref="High"/>): 1 - .05 / 2^attempt.</summary>
    public required double FineConfidence { get; init; }

    /// <summary>What the bound is held against: a difference where there is a reference, else a value. <c>watch</c>: the smallest fall that is shown.</summary>
    public required double Threshold { get; init; }

    /// <summary>What the test found.</summary>
    public required TestOutcome Outcome { get; init; }

    /// <summary>p-value adjusted over everything that shares its level: G3 and G4 by sign flips (1: the fall is within its tolerance), named floors and violations by Holm, floors of a family by the likeliest of healthy draws or by Holm, G1 and G2 where a bad bound alone does not block.</summary>
    public double? AdjustedP { get; init; }

    /// <summary>p-value of this test alone.</summary>
    public double? P { get; init; }

    /// <summary>Family-wise level that <see cref="AdjustedP"/> is held against.</summary>
    public double? Level { get; init; }

    /// <summary>
    /// The difference (floor: the mean) drawn towards the other cohorts of its family: for display and ordering of differences. A floor of a
    /// family is estimated by it: below the threshold and not proven leaves the verdict open.
    /// </summary>
    public double? Shrunken { get; init; }

    /// <summary>Probability, by the same shrinkage, that the true value is below the threshold: for display and ordering.</summary>
    public double? BelowProbability { get; init; }

    /// <summary>Questions that speak against the candidate, worst first, at most 100: those that fell, stay below the floor or show a forbidden document.</summary>
    public IReadOnlyList<string> QueryIds { get; init; } = [];

    /// <summary>When open: about how many questions like these would decide it with power .8; null when no number can be told.</summary>
    public int? QueriesNeeded { get; init; }

    /// <summary>
    /// Smallest true distance from the limit that these questions would show with power .8 (G3, G4: smallest true fall that would have been
    /// proven over all tests); null without bounds.
    /// </summary>
    public double? SmallestEffect { get; init; }

    /// <summary>What else a reader should know, such as where a floor's value comes from.</summary>
    public string? Note { get; init; }

    /// <summary>One line for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Metric}{(Cohort is { } cohort ? $", cohort '{cohort}'" : "")}{(Reference is { } kind ? $", against {Names.Of(kind)}{(Release is null ? "" : $" release '{Release}'")}" : "")}: ");
        text.Append(Baseline is { } before ? $"{Show(before)} to {Show(Candidate)}" : Show(Candidate));
        text.Append(CultureInfo.InvariantCulture, $" (n {N}), ");
        text.Append(Low is { } low && High is { } high ? Interval(low, high) : "too few questions for an interval");
        text.Append(SmallestEffect is { } effect ? $", could show {Show(effect)}" : "");
        if (Rule == "watch")
        {
            text.Append(CultureInfo.InvariantCulture, $"; watched from {Show(Threshold)}, never blocks");
            return text.ToString();
        }

        text.Append(CultureInfo.InvariantCulture, $"; {(Reference is not null ? "allowed" : Rule == "violation" ? "at most" : "at least")} {Show(Threshold)}: {Names.Of(Outcome)}");
        text.Append(AdjustedP is { } p ? string.Create(CultureInfo.InvariantCulture, $", adjusted p {p:0.####}{(Level is { } level ? $" of {level:0.####}" : "")}") : "");
        text.Append(Outcome != TestOutcome.Open ? "" : QueriesNeeded is { } needed
            ? string.Create(CultureInfo.InvariantCulture, $"; about {needed} questions would decide") : "; more questions on more documents are needed");
        text.Append(Note is null ? "" : $" ({Note})");
        return text.ToString();
    }

    private string Interval(double low, double high)
    {
        string fine = string.Create(CultureInfo.InvariantCulture, $"{FineConfidence * 100:0.####}%");
        return Rule == "violation" ? $"between {Show(low)} (95%) and {Show(high)} ({fine})" : $"between {Show(low)} ({fine}) and {Show(high)} (95%)";
    }

    private static string Show(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
