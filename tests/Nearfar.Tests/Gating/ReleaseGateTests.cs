using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;
using Nearfar.Gating;
using Xunit;

namespace Nearfar.Tests.Gating;

public class ReleaseGateTests
{
    private static readonly GatePolicy Policy = new() { Reference = ReferenceKind.Bm25 };

    private static GateDecision Decide(GatePolicy policy, EvalReport candidate, EvalReport reference, int attempt = 1) =>
        new ReleaseGate(policy).Decide(candidate, reference, attempt);

    private static Dictionary<string, string> Language(int i) => new() { ["language"] = (i % 10) switch { < 6 => "en", < 9 => "de", _ => "ja" } };

    [Fact]
    public void Decide_ManyFixedFewBroken_Passes()
    {
        var before = TestReports.Hits("old", 412, i => i % 10 == 0);
        var after = TestReports.Hits("new", 412, i => i % 40 == 1);
        var decision = Decide(Policy, after, before);
        Assert.Equal(Verdict.Passed, decision.Verdict);
        Assert.Equal(0, decision.ExitCode);
        Assert.Equal("412 questions: right page in top 3 for 370, now 401; 42 fixed, 11 broken", decision.FirstLine);
        var reason = Assert.Single(decision.Reasons);
        Assert.Equal(("G1", 412, 412, TestOutcome.Fine), (reason.Rule, reason.N, reason.Clusters, reason.Outcome));
        Assert.Equal(11, reason.QueryIds.Count);
        Assert.Null(reason.QueriesNeeded);
    }

    [Fact]
    public void Decide_ClearFall_BlocksAndNamesTheQuestions()
    {
        var before = TestReports.Hits("old", 412, _ => false);
        var after = TestReports.Hits("new", 412, i => i < 40);
        var decision = Decide(Policy, after, before);
        Assert.Equal(Verdict.Blocked, decision.Verdict);
        Assert.Equal(2, decision.ExitCode);
        Assert.Equal("q00000", decision.Reasons[0].QueryIds[0]);
        Assert.Equal(40, decision.Reasons[0].QueryIds.Count);
        Assert.Equal(-0.097087, decision.Reasons[0].Difference);
    }

    [Fact]
    public void Decide_SmallFall_IsInconclusiveAndSaysHowManyQuestionsDecide()
    {
        var before = TestReports.Hits("old", 300, i => i % 20 == 0);
        var after = TestReports.Hits("new", 300, i => i % 20 == 1 || i % 100 == 2);
        var decision = Decide(Policy, after, before);
        Assert.Equal(Verdict.Inconclusive, decision.Verdict);
        Assert.Equal(3, decision.ExitCode);
        var reason = Assert.Single(decision.Reasons);
        Assert.Equal(TestOutcome.Open, reason.Outcome);
        double sd = Math.Sqrt(Differences(before, after).Sum(d => Math.Pow(d + 0.01, 2)) / 299);
        Assert.Equal(Math.Ceiling(Math.Pow((1.959963985 + 0.841621234) * sd / 0.01, 2)), reason.QueriesNeeded!.Value, 2.0);
        Assert.Contains("questions would decide", reason.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, Decide(Policy with { OnInconclusive = InconclusiveAction.Pass }, after, before).ExitCode);
        Assert.Equal(2, Decide(Policy with { OnInconclusive = InconclusiveAction.Block }, after, before).ExitCode);
    }

    [Theory]
    [InlineData(100, Verdict.Inconclusive)]       // of 100 unchanged questions 3.6 % could have changed: more than the tolerance
    [InlineData(1000, Verdict.Passed)]
    public void Decide_EqualReports_AreProvenByTheirNumberOnly(int n, Verdict verdict)
    {
        var report = TestReports.Hits("same", n, i => i % 7 == 0);
        var decision = Decide(Policy, report, report);
        Assert.Equal(verdict, decision.Verdict);
        if (verdict == Verdict.Inconclusive)
        {
            int needed = decision.Reasons[0].QueriesNeeded!.Value;
            Assert.Equal(189, needed);
            var enough = TestReports.Hits("same", needed, i => i % 7 == 0);
            Assert.Equal(Verdict.Passed, Decide(Policy, enough, enough).Verdict);
            var tooFew = TestReports.Hits("same", needed - 1, i => i % 7 == 0);
            Assert.Equal(Verdict.Inconclusive, Decide(Policy, tooFew, tooFew).Verdict);
        }
    }

    [Fact]
    public void Decide_EveryNumberOfAReason_CanBeRecomputedFromTheReports()
    {
        var before = TestReports.Make("old", 240, i => i % 9 == 0 ? 0.5 : 1, Language, perCluster: 2);
        var after = TestReports.Make("new", 240, i => i % 8 == 0 ? 0.5 : i % 9 == 1 ? 0 : 1, Language, perCluster: 2);
        var policy = Policy with { Protected = [CohortKey.Parse("language=de")] };
        var decision = Decide(policy, after, before, attempt: 2);
        Assert.Equal(before.ComputeHash(), Assert.Single(decision.References).Hash);
        Assert.Equal(after.ComputeHash(), decision.Candidate.Hash);
        Assert.Equal(policy.ComputeHash(), decision.PolicyHash);
        foreach (var reason in decision.Reasons.Concat(decision.Unproven))
        {
            var members = after.Queries.Where(q => reason.Cohort is null || q.Cohorts["language"] == reason.Cohort.Value.Value).ToArray();
            var earlier = before.Queries.ToDictionary(q => q.Id, q => q.Metrics["recall@5"]);
            double[] d = [.. members.Select(q => q.Metrics["recall@5"] - earlier[q.Id])];
            double mean = d.Sum() / d.Length;
            var byCluster = members.Zip(d).GroupBy(m => m.First.Cluster).Select(g => (Size: g.Count(), Sum: g.Sum(m => m.Second - mean))).ToArray();
            double error = Math.Sqrt(byCluster.Sum(c => c.Sum * c.Sum) * byCluster.Length / (byCluster.Length - 1)) / d.Length;
            double effective = Math.Pow(d.Length, 2) / byCluster.Sum(c => c.Size * c.Size);
            double Width(double alpha) => Math.Max(MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, effective - 1, 1 - alpha) * error, 1 - Math.Pow(alpha, 1 / effective));
            Assert.Equal((members.Length, byCluster.Length), (reason.N, reason.Clusters));
            Assert.Equal(members.Average(q => earlier[q.Id]), reason.Baseline!.Value, 1e-6);
            Assert.Equal(members.Average(q => q.Metrics["recall@5"]), reason.Candidate, 1e-6);
            Assert.Equal(mean, reason.Difference!.Value, 1e-6);
            Assert.Equal(mean - Width(0.0125), reason.Low!.Value, 2e-6);
            Assert.Equal(mean + Width(0.05), reason.High!.Value, 2e-6);
            Assert.Equal(0.9875, reason.FineConfidence);
            Assert.Equal(reason.Cohort is null ? -0.02 : -0.05, reason.Threshold);
            Assert.Equal(reason.Low > reason.Threshold ? TestOutcome.Fine : reason.High < reason.Threshold && reason.AdjustedP <= reason.Level ? TestOutcome.Bad : TestOutcome.Open, reason.Outcome);
            Assert.Equal(members.Zip(d).Where(m => m.Second < 0).OrderBy(m => m.Second).ThenBy(m => m.First.Id).Select(m => m.First.Id).Take(100), reason.QueryIds);
            double tail = reason.Rule == "G3" ? decision.JointLevel / decision.JointTests : 0.0125;
            Assert.Equal((Normal.UpperQuantile(tail) + Normal.UpperQuantile(0.2)) * error, reason.SmallestEffect!.Value, 1e-6);
        }

        Assert.Equal(["G1", "G2", "G3"], decision.Reasons.Select(r => r.Rule).Order());
    }

    [Fact]
    public void Decide_ProtectedCohortFalls_BlocksThoughTheMeanRises()
    {
        var before = TestReports.Hits("old", 1000, i => i % 10 < 6 && i % 4 == 0, Language);
        var after = TestReports.Hits("new", 1000, i => i % 10 == 9 && i % 20 == 9, Language);      // half of ja breaks
        var decision = Decide(Policy with { Protected = [new("language", "ja")] }, after, before);
        Assert.Equal(Verdict.Blocked, decision.Verdict);
        Assert.Equal("G2", decision.Reasons[0].Rule);
        Assert.Equal("language=ja", decision.Reasons[0].Cohort.ToString());
        Assert.StartsWith("recall@5, cohort 'language=ja', against bm25: 1.000 to 0.500 (n 100), between -0.6", decision.Reasons[0].ToString(), StringComparison.Ordinal);
        Assert.EndsWith("; allowed -0.050: bad, adjusted p 0.0001 of 0.005", decision.Reasons[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_OtherCohortProvablyFalls_BlocksByG3()
    {
        var before = TestReports.Hits("old", 1000, i => i % 10 < 6 && i % 4 == 0, Language);
        var after = TestReports.Hits("new", 1000, i => i % 20 == 9, Language);
        var decision = Decide(Policy, after, before);
        Assert.Equal(Verdict.Blocked, decision.Verdict);
        var reason = decision.Reasons[0];
        Assert.Equal(("G3", "language=ja", TestOutcome.Bad), (reason.Rule, reason.Cohort.ToString(), reason.Outcome));
        Assert.InRange(reason.AdjustedP!.Value, 0.0001, 0.01);
        Assert.Contains(decision.Watch, w => w.Cohort == new CohortKey("language", "ja"));
    }

    [Fact]
    public void Decide_TinyCohortFallsEntirely_IsListedOrWatchedButNeverBlocks()
    {
        Dictionary<string, string> Tail(int i) => new() { ["language"] = i < 2 ? "is" : i < 6 ? "fi" : "en" };
        var before = TestReports.Hits("old", 1000, _ => false, Tail);
        var after = TestReports.Hits("new", 1000, i => i < 6, Tail);
        var decision = Decide(Policy, after, before);
        Assert.Equal(Verdict.Passed, decision.Verdict);
        Assert.Equal("language=is", Assert.Single(decision.Listed).ToString());
        Assert.Contains(decision.Unproven, u => u.Cohort == new CohortKey("language", "fi"));
    }

    [Fact]
    public void Decide_TwoReferences_MustBeatNeitherLose()
    {
        var candidate = TestReports.Hits("new", 800, i => i % 10 == 0);
        var weak = TestReports.Hits("untrained", 800, i => i % 2 == 0);
        var strong = TestReports.Hits("bm25", 800, _ => false);
        GateDecision Both(EvalReport bm25) => new ReleaseGate(new GatePolicy()).Decide(new GateInput
        {
            Candidate = candidate,
            References = [new(ReferenceKind.Untrained, weak), new(ReferenceKind.Bm25, bm25)],
            Attempt = 1,
        });
        Assert.Equal(Verdict.Blocked, Both(strong).Verdict);
        Assert.Equal(ReferenceKind.Bm25, Both(strong).Reasons[0].Reference);
        Assert.Equal(Verdict.Passed, Both(TestReports.Hits("bm25", 800, i => i % 3 == 0)).Verdict);
    }

    [Fact]
    public void Decide_LaterAttempts_NeedMoreProof()
    {
        var before = TestReports.Hits("old", 900, i => i % 50 == 0);
        var after = TestReports.Hits("new", 900, i => i % 50 == 1);
        var decisions = Enumerable.Range(1, 12).Select(attempt => Decide(Policy, after, before, attempt)).ToArray();
        Assert.Equal(Verdict.Passed, decisions[0].Verdict);
        Assert.Equal(Verdict.Inconclusive, decisions[^1].Verdict);
        Assert.True(decisions.Zip(decisions.Skip(1)).All(p => p.First.Reasons[0].Low > p.Second.Reasons[0].Low && p.First.Reasons[0].High == p.Second.Reasons[0].High));
        Assert.Equal(1 - (0.05 / 4096), decisions[^1].Reasons[0].FineConfidence);
    }

    [Fact]
    public void Decide_RowsInAnyOrder_GivesTheSameDecision()
    {
        var before = TestReports.Hits("old", 500, i => i % 9 == 0, Language, perCluster: 3);
        var after = TestReports.Hits("new", 500, i => i % 8 == 0, Language, perCluster: 3);
        var policy = Policy with { Protected = [new("language", "de"), new("language", "ja")] };
        var shuffled = policy with { Protected = [new("language", "ja"), new("language", "de")] };
        var one = Decide(policy, after, before);
        var other = Decide(shuffled, after with { Queries = [.. after.Queries.Reverse()] }, before with { Queries = [.. before.Queries.OrderBy(q => q.Id[^1])] });
        string Text(GateDecision d) => string.Join('\n', d.Reasons.Concat(d.Watch).Concat(d.Unproven).Select(r => r + " " + string.Join(' ', r.QueryIds)).Order(StringComparer.Ordinal));
        Assert.Equal(Text(one), Text(other));
        Assert.Equal(one.PolicyHash, other.PolicyHash);
    }

    [Fact]
    public void Decide_Violations_HoldTheExactUpperBoundAgainstTheLimit()
    {
        Dictionary<string, double> Violating(int i, int shown) => i < 200 ? new() { ["violation@5"] = i < shown ? 1 : 0 } : [];
        GateDecision Shown(int shown, double? limit = 0.05)
        {
            var before = TestReports.Make("old", 1000, i => i % 10 == 0 ? 0 : 1);
            var after = TestReports.Make("new", 1000, _ => 1, more: i => Violating(i, shown));
            return Decide(Policy with { ViolationLimit = limit }, after, before);
        }

        Assert.Equal(Verdict.Passed, Shown(2).Verdict);
        var fine = Shown(2).Reasons.Single(r => r.Rule == "violation");
        Assert.Equal(Proportions.ExactUpper(2, 200, 0.025), fine.High!.Value, 1e-6);
        Assert.Equal(Proportions.ExactLower(2, 200, 0.05), fine.Low!.Value, 1e-6);
        Assert.Equal(Verdict.Inconclusive, Shown(8).Verdict);
        Assert.True(Shown(8).Reasons[0].QueriesNeeded > 200);
        Assert.Equal(Verdict.Blocked, Shown(25).Verdict);
        Assert.Equal(25, Shown(25).Reasons[0].QueryIds.Count);
        Assert.Equal(Verdict.Passed, Shown(25, limit: null).Verdict);
        Assert.Single(Shown(25, limit: null).Advice);
    }

    [Fact]
    public void Decide_RawMarginFloor_BlocksOnlyWhereItIsCalibrated()
    {
        var before = TestReports.Make("old", 500, i => i % 10 == 0 ? 0 : 1);
        Dictionary<string, double> Margin(int i) => new() { ["margin_mean"] = 0.10 + (0.02 * (i % 3)) };       // mean .12
        var after = TestReports.Make("new", 500, _ => 1, more: Margin, space: "space-new", sigma: 0.05);
        GatePolicy With(string? space) => Policy with { Floors = [new(null, "margin_mean", 0.18, space)] };

        var unnamed = Decide(With(null), after, before);
        Assert.Equal(Verdict.Passed, unnamed.Verdict);
        Assert.Contains("advice", Assert.Single(unnamed.Advice).Note, StringComparison.Ordinal);
        Assert.Contains("not calibrated", Assert.Single(Decide(With("space-old"), after, before).Advice).Note, StringComparison.Ordinal);
        Assert.Equal(Verdict.Blocked, Decide(With("space-new"), after, before).Verdict);

        // .18 at a spread of .1 is z 1.8: here .09, which .12 passes.
        var devOld = TestReports.Make("old", 50, _ => 1, space: "space-old", sigma: 0.1, gate: false, hash: "dev");
        var devNew = TestReports.Make("new", 50, _ => 1, space: "space-new", sigma: 0.05, gate: false, hash: "dev");
        var calibration = FloorCalibration.Transfer(With("space-old").Floors[0], devOld, devNew);
        Assert.Equal(1.8, calibration.Z, 1e-12);
        Assert.Equal(0.09, calibration.Value, 1e-12);
        var decision = new ReleaseGate(With("space-old")).Decide(new GateInput { Candidate = after, References = [new(ReferenceKind.Bm25, before)], Attempt = 1, Calibrations = [calibration] });
        Assert.Equal(Verdict.Passed, decision.Verdict);
        Assert.Equal(0.09, decision.Reasons.Single(r => r.Rule == "floor").Threshold);

        var tight = FloorCalibration.Transfer(With("space-old").Floors[0], devOld with { Scale = devOld.Scale! with { Sigma = 0.05 } }, devNew);
        Assert.Equal(Verdict.Blocked, new ReleaseGate(With("space-old")).Decide(new GateInput { Candidate = after, References = [new(ReferenceKind.Bm25, before)], Attempt = 1, Calibrations = [tight] }).Verdict);
    }

    [Fact]
    public void Decide_RecallFloorOfACohort_IsThreeValued()
    {
        var before = TestReports.Hits("old", 1000, _ => false, Language);
        GateDecision At(double floor) => Decide(Policy with { Floors = [new(new("language", "ja"), "recall@5", floor)] }, before, before);
        Assert.Equal(Verdict.Passed, At(0.95).Verdict);       // 100 of 100: exact lower bound .9638
        Assert.Equal(Math.Pow(0.025, 0.01), At(0.95).Reasons.Single(r => r.Rule == "floor").Low!.Value, 1e-6);
        Assert.Equal(Verdict.Inconclusive, At(0.97).Verdict);
        var worse = TestReports.Hits("new", 1000, i => i % 10 == 9 && i < 300, Language);
        Assert.Equal(Verdict.Blocked, Decide(Policy with { Floors = [new(new("language", "ja"), "recall@5", 0.9)], Tolerance = 0.1 }, worse, worse).Verdict);
    }

    private static IEnumerable<double> Differences(EvalReport before, EvalReport after) =>
        after.Queries.Zip(before.Queries, (a, b) => a.Metrics["recall@5"] - b.Metrics["recall@5"]);
}
