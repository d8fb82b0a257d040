using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;
using Nearfar.Tests.Gating;
using Xunit;

namespace Nearfar.Tests.Evaluation;

public class ReportComparisonTests
{
    private static EvalReport WithRanks(string label, params int?[] ranks)
    {
        var report = TestReports.Make(label, ranks.Length, i => ranks[i] <= 5 ? 1 : 0, i => new() { ["language"] = i % 2 == 0 ? "en" : "de" });
        return report with { Queries = [.. report.Queries.Select((q, i) => q with { FirstRelevantRank = ranks[i] })] };
    }

    [Fact]
    public void FirstLine_Counts_ReadAsPeopleSayThem()
    {
        var comparison = new ReportComparison(WithRanks("old", 1, 4, null, 2, 3), WithRanks("new", 2, 3, 1, 9, 3));
        Assert.Equal("5 questions: right page in top 3 for 3, now 4; 2 fixed, 1 broken", comparison.FirstLine);
        Assert.Equal(["q00001", "q00002"], comparison.Fixed.Select(q => q.Id));
        Assert.Equal(["q00003"], comparison.Broken.Select(q => q.Id));
        Assert.Equal([-1, 1, 100, -7, 0], comparison.Questions.Select(q => q.RanksWon(100)));
        Assert.Equal(Proportions.McNemarMidP(2, 1), comparison.SignTest);
        Assert.Equal("1 question: right page in top 1 for 0, now 1; 1 fixed, 0 broken", new ReportComparison(WithRanks("old", 2), WithRanks("new", 1), top: 1).FirstLine);
    }

    [Fact]
    public void Overall_Differences_CountWinsAndLosses()
    {
        var before = TestReports.Make("old", 40, i => i % 4 == 0 ? 0 : 1, i => new() { ["language"] = i % 2 == 0 ? "en" : "de" });
        var after = TestReports.Make("new", 40, i => i % 8 == 0 || i == 1 ? 0 : 1, i => new() { ["language"] = i % 2 == 0 ? "en" : "de" });
        var comparison = new ReportComparison(before, after);
        var change = comparison.Overall["recall@5"];
        Assert.Equal((40, 40, 5, 1), (change.N, change.Clusters, change.Wins, change.Losses));
        Assert.Equal((0.75, 0.85), (change.Before, change.After));
        Assert.Equal(0.1, change.Difference, 1e-15);
        Assert.True(change.Low < 0.1 && change.High > 0.1);
        Assert.Equal((20, 0, 1), (comparison.Cohorts["language"]["de"]["recall@5"].N, comparison.Cohorts["language"]["de"]["recall@5"].Wins, comparison.Cohorts["language"]["de"]["recall@5"].Losses));
    }

    [Fact]
    public void Constructor_OtherSet_ThrowsNamingBothAndTheRemedy()
    {
        var error = Assert.Throws<NearfarException>(() => new ReportComparison(WithRanks("old", 1), WithRanks("new", 1) with { SetHash = "another" }));
        foreach (string part in new[] { "\"old\"", "\"new\"", TestReports.Hash, "another", "nearfar eval" })
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Constructor_OtherQuestions_Throws() =>
        Assert.Throws<NearfarException>(() => new ReportComparison(WithRanks("old", 1, 2), WithRanks("new", 1)));

    [Theory, InlineData(0), InlineData(101)]
    public void Constructor_TopBeyondTheDepth_Throws(int top) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReportComparison(WithRanks("old", 1), WithRanks("new", 1), top));
}
