using Nearfar.Gating;
using Xunit;

namespace Nearfar.Tests.Gating;

public class GatePolicyTests
{
    [Fact]
    public void Defaults_ArePinned()
    {
        var policy = new GatePolicy();
        Assert.Equal(("recall@5", 0.02, 0.05, 0.05), (policy.Metric, policy.Tolerance, policy.ProtectedTolerance, policy.OtherTolerance));
        Assert.Equal((ReferenceKind.Current, InconclusiveAction.Stop, 9999, 1UL), (policy.Reference, policy.OnInconclusive, policy.Flips, policy.Seed));
        Assert.Empty(policy.FindProblems());
    }

    [Fact]
    public void Constructor_BadPolicy_NamesAllProblems()
    {
        var policy = new GatePolicy
        {
            Metric = "recal@5",
            Tolerance = -0.1,
            ProtectedTolerance = double.NaN,
            OtherTolerance = 1,
            Flips = 10,
            ViolationLimit = 0,
            UnjudgedLimit = 2,
            TieLimit = -1,
            Protected = [new("", "x")],
            Tolerances = new Dictionary<CohortKey, double> { [new("a", "b")] = 0 },
            Floors = [new(null, "recall@5", 1.5), new(null, "recall@5", 0.5), new(null, "margin_below_zero", 0.1), new(null, "recall@3", 0.5, "space")],
        };
        var error = Assert.Throws<ArgumentException>(() => new ReleaseGate(policy));
        foreach (string part in new[] { "recal@5", "tolerance must", "protected tolerance", "other cohorts", "flips", "violation limit", "unjudged limit", "tie limit",
            "no attribute", "'a=b'".Replace('\'', '"'), "floor 1.5", "margin_below_zero", "names a space", "two floors" })
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory, InlineData("violation@5"), InlineData("unjudged@5"), InlineData("margin_mean"), InlineData("recall")]
    public void Constructor_MetricThatNoReleaseMayBeGatedOn_Throws(string metric) => Assert.Throws<ArgumentException>(() => new ReleaseGate(new GatePolicy { Metric = metric }));

    [Fact]
    public void ComputeHash_AnyChange_ChangesIt()
    {
        var policy = new GatePolicy { Protected = [new("a", "1"), new("b", "2")] };
        Assert.Equal(policy.ComputeHash(), (policy with { Protected = [new("b", "2"), new("a", "1")] }).ComputeHash());
        string[] hashes =
        [
            policy.ComputeHash(), (policy with { Metric = "ndcg@10" }).ComputeHash(), (policy with { Tolerance = 0.03 }).ComputeHash(), (policy with { Protected = [] }).ComputeHash(),
            (policy with { Floors = [new(null, "margin_mean", 0.18)] }).ComputeHash(), (policy with { Floors = [new(null, "margin_mean", 0.18, "s")] }).ComputeHash(),
            (policy with { OnInconclusive = InconclusiveAction.Pass }).ComputeHash(), (policy with { Seed = 2 }).ComputeHash(), (policy with { ViolationLimit = 0.1 }).ComputeHash(),
            (policy with { Required = [new("a", "1")] }).ComputeHash(), (policy with { Reference = ReferenceKind.Bm25 }).ComputeHash(), (policy with { TieLimit = 0.5 }).ComputeHash(),
            (policy with { Tolerances = new Dictionary<CohortKey, double> { [new("a", "1")] = 0.1 } }).ComputeHash(),
        ];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
    }

    [Theory]
    [InlineData("language=de", "language", "de")]
    [InlineData("a=b=c", "a", "b=c")]
    public void Parse_Cohort_SplitsAtTheFirstSign(string text, string attribute, string value) => Assert.Equal(new CohortKey(attribute, value), CohortKey.Parse(text));

    [Theory, InlineData(""), InlineData("language"), InlineData("=de")]
    public void Parse_NoCohort_Throws(string text) => Assert.Throws<FormatException>(() => CohortKey.Parse(text));
}
