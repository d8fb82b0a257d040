using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Pairs;

public sealed class PairStatisticsTests
{
    [Fact]
    public void Of_FourRows_CountsByHand()
    {
        var stats = PairStatistics.Of(
        [
            new Pair { Id = "1", Query = "one two three", PositiveIds = ["a", "b"], HardNegatives = [new("n"), new("m", new Provenance { Source = "mined" })], Provenance = new Provenance { Source = "human" }, Cohorts = new Dictionary<string, string> { ["language"] = "en" } },
            new Pair { Id = "2", Query = "One  TWO three", PositiveIds = ["a"], Relevance = new Dictionary<string, int> { ["a"] = 2 } },
            new Pair { Id = "3", Query = "返品の条件", PositiveIds = ["c"], Provenance = new Provenance { Rule = "qrels" }, Cohorts = new Dictionary<string, string> { ["language"] = "ja" } },
            new Pair { Id = "4", Query = "a longer question of seven words here", PositiveIds = ["c"], ExpectedAnswer = "x" },
        ]);
        Assert.Equal((4, 3, 5, 3), (stats.Rows, stats.Questions, stats.Positives, stats.PositiveDocuments));
        Assert.Equal((2, 1, 1, 1, 1), (stats.Negatives, stats.RowsWithNegatives, stats.NegativesWithProvenance, stats.GradedRows, stats.RowsWithAnswer));
        Assert.Equal([2.5, 3, 7, 7], stats.QueryWords);
        Assert.Equal([("Jpan", 1), ("Latn", 3)], stats.Scripts.Select(s => (s.Key, s.Value)));
        Assert.Equal([("(none)", 2), ("(unknown)", 1), ("human", 1)], stats.Sources.Select(s => (s.Key, s.Value)));
        Assert.Equal([("(unknown)", 2), ("en", 1), ("ja", 1)], stats.Cohorts["language"].Select(s => (s.Key, s.Value)));
        Assert.Throws<ArgumentException>(() => PairStatistics.Of([]));
    }
}
