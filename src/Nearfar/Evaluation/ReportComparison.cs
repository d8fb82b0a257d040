using System.Globalization;
using Nearfar.Evaluation.Statistics;

namespace Nearfar.Evaluation;

/// <summary>Two reports of one set side by side: counts of questions, rank moves, differences by cohort.</summary>
public sealed class ReportComparison
{
    private readonly Lazy<IReadOnlyDictionary<string, MetricChange>> _overall;
    private readonly Lazy<IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, MetricChange>>>> _cohorts;

    /// <summary>Pairs the rows of two reports.</summary>
    /// <param name="before">The reference.</param>
    /// <param name="after">The candidate.</param>
    /// <param name="top">The k of "right page in top k", 1 to the reports' depth. Default 3.</param>
    /// <exception cref="NearfarException">The reports were made on different sets or hold different questions.</exception>
    public ReportComparison(EvalReport before, EvalReport after, int top = 3)
        : this(before ?? throw new ArgumentNullException(nameof(before)), after ?? throw new ArgumentNullException(nameof(after)), PairedReports.Of(before, after), top)
    {
    }

    internal ReportComparison(EvalReport before, EvalReport after, PairedReports paired, int top)
    {
        int depth = Math.Min(before.Depth, after.Depth);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(top, depth);
        Before = before;
        After = after;
        Top = top;
        Questions = [.. paired.Rows.Select(r => new QuestionChange(r.Before.Id, r.Before.Query, r.Before.FirstRelevantRank, r.After.FirstRelevantRank, top))];
        _overall = new(() => paired.Differences(_ => true));      // counts alone are often enough
        _cohorts = new(paired.ByCohort);
    }

    /// <summary>The reference.</summary>
    public EvalReport Before { get; }

    /// <summary>The candidate.</summary>
    public EvalReport After { get; }

    /// <summary>The k of "right page in top k".</summary>
    public int Top { get; }

    /// <summary>One entry for each question, ascending by id in UTF-8 bytes.</summary>
    public IReadOnlyList<QuestionChange> Questions { get; }

    /// <summary>Questions whose right page was in the top k before.</summary>
    public int FoundBefore => Questions.Count(q => q.WasFound);

    /// <summary>Questions whose right page is in the top k now.</summary>
    public int FoundAfter => Questions.Count(q => q.IsFound);

    /// <summary>Found now, not before.</summary>
    public IEnumerable<QuestionChange> Fixed => Questions.Where(q => q.IsFound && !q.WasFound);

    /// <summary>Found before, not now.</summary>
    public IEnumerable<QuestionChange> Broken => Questions.Where(q => q.WasFound && !q.IsFound);

    /// <summary>Two-sided mid-p of McNemar's test that fixed and broken are equally likely; questions are taken as independent.</summary>
    public double SignTest => Proportions.McNemarMidP(Fixed.Count(), Broken.Count());

    /// <summary>Difference of each measure that both reports have.</summary>
    public IReadOnlyDictionary<string, MetricChange> Overall => _overall.Value;

    /// <summary>Differences by cohort attribute, value and measure.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, MetricChange>>> Cohorts => _cohorts.Value;

    /// <summary>The first line a person reads: <c>412 questions: right page in top 3 for 371, now 389; 24 fixed, 6 broken</c>.</summary>
    public string FirstLine => string.Create(CultureInfo.InvariantCulture,
        $"{Questions.Count} question{(Questions.Count == 1 ? "" : "s")}: right page in top {Top} for {FoundBefore}, now {FoundAfter}; {Fixed.Count()} fixed, {Broken.Count()} broken");
}

/// <summary>What became of one question.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Query">Its text.</param>
/// <param name="Before">Rank of its right page before; null beyond the depth.</param>
/// <param name="After">Rank now; null beyond the depth.</param>
/// <param name="Top">The k that counts as found.</param>
public sealed record QuestionChange(string Id, string Query, int? Before, int? After, int Top)
{
    /// <summary>The right page was in the top k.</summary>
    public bool WasFound => Before <= Top;

    /// <summary>The right page is in the top k.</summary>
    public bool IsFound => After <= Top;

    /// <summary>Ranks won, negative when lost; a page beyond the depth counts as one rank behind it.</summary>
    /// <param name="depth">Ranks searched.</param>
    public int RanksWon(int depth) => (Before ?? depth + 1) - (After ?? depth + 1);
}

/// <summary>A measure in two reports.</summary>
/// <param name="N">Questions that have it in both.</param>
/// <param name="Clusters">Positive documents they ask for.</param>
/// <param name="Before">Mean of the reference.</param>
/// <param name="After">Mean of the candidate.</param>
/// <param name="Difference">Mean of the differences.</param>
/// <param name="Low">Lower end of its two-sided 95 % interval; null below 3 questions or 2 clusters.</param>
/// <param name="High">Upper end; null likewise.</param>
/// <param name="Wins">Questions whose value rose.</param>
/// <param name="Losses">Questions whose value fell.</param>
public sealed record MetricChange(int N, int Clusters, double Before, double After, double Difference, double? Low, double? High, int Wins, int Losses)
{
    /// <summary>
    /// The interval rests on too few changes to be one of 95 %: fewer than 13 clusters have a question whose value changed. Then it mostly
    /// holds the truth more often. Default false; false without an interval.
    /// </summary>
    public bool FewChanges { get; init; }
}
