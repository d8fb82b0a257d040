using Nearfar.Evaluation;
using Nearfar.Gating;
using Xunit;

namespace Nearfar.Tests.Gating;

/// <summary>Reports are written ascending by id, which is read faster; another order must give the same decision.</summary>
public class RowOrderTests
{
    private static readonly GatePolicy s_policy = new() { Flips = 999, Protected = [new("product", "p1")], Floors = [new GateFloor(new CohortKey("product", "*"), "recall@5", 0.8)] };

    private static EvalReport Report(string label, int step) => TestReports.Hits(label, 400, i => i % step == 0, i => new() { ["product"] = $"p{i % 5}", ["length"] = i % 3 == 0 ? "short" : "long" }, perCluster: 2);

    private static byte[] Decide(EvalReport candidate, EvalReport reference) =>
        GateDecisionJson.ToUtf8(new ReleaseGate(s_policy) { Hashed = r => r.Label }.Decide(candidate, reference));

    [Fact]
    public void Decide_RowsInAnyOrder_GivesTheSameBytes()
    {
        var (before, after) = (Report("old", 13), Report("new", 9));
        byte[] expected = Decide(after, before);
        foreach (int stride in new[] { 7, 399 })
        {
            // A stride without a common divisor visits every row.
            EvalReport Mixed(EvalReport report, int start) => report with { Queries = [.. Enumerable.Range(0, 400).Select(i => report.Queries[((i * stride) + start) % 400])] };
            Assert.Equal(expected, Decide(Mixed(after, 5), before));
            Assert.Equal(expected, Decide(after, Mixed(before, 11)));
            Assert.Equal(expected, Decide(Mixed(after, 1), Mixed(before, 1)));
        }
    }

    [Fact]
    public void Decide_ARowTwice_IsRefusedInEitherOrder()
    {
        var (before, after) = (Report("old", 13), Report("new", 9));
        foreach (var twice in new[] { after with { Queries = [after.Queries[0], .. after.Queries] }, after with { Queries = [.. after.Queries, after.Queries[0]] } })
        {
            Assert.Contains("twice", Assert.Throws<NearfarException>(() => Decide(twice, before)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ComputeHash_IsOfTheBytesThatAreWritten()
    {
        var report = Report("new", 9);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(EvalReportJson.ToUtf8(report))), report.ComputeHash());
    }
}
