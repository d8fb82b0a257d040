using Nearfar.Evaluation;
using Nearfar.Gating;
using Xunit;

namespace Nearfar.Tests.Gating;

public class FloorCalibrationTests
{
    private static readonly GateFloor Floor = new(null, "margin_mean", 0.18, "space-a");

    private static EvalReport Dev(string label, Func<double, double> margin, double sigma = 0.1) =>
        TestReports.Make(label, 40, _ => 1, more: i => new() { ["margin_mean"] = margin(i / 100.0) }, sigma: sigma, gate: false, hash: "dev");

    [Fact]
    public void Transfer_SpaceStretchedAndShifted_QuantileFollowsBothAndSpreadTheStretchAlone()
    {
        var (from, to) = (Dev("a", m => m), Dev("b", m => (2 * m) + 0.05, sigma: 0.2));
        Assert.Equal(0.36, FloorCalibration.Transfer(Floor, from, to).Value, 12);
        var carried = FloorCalibration.Transfer(Floor, from, to, FloorTransfer.Quantile);
        Assert.Equal(0.41, carried.Value, 9);
        Assert.Equal((22, 40, "paired"), (carried.Quantile!.Accepted, carried.Quantile.ScoresFrom, carried.Quantile.Method));
        Assert.True(carried.Quantile.Low <= carried.Value && carried.Value <= carried.Quantile.High);
        Assert.Null(FloorCalibration.Transfer(Floor, from, to).Quantile);
    }

    [Fact]
    public void Decide_CarriedByQuantile_BlocksAndSaysWhereTheValueComesFrom()
    {
        var policy = new GatePolicy { Reference = ReferenceKind.Bm25, Floors = [Floor], FloorTransfer = FloorTransfer.Quantile };
        var candidate = TestReports.Make("b", 400, _ => 1, more: i => new() { ["margin_mean"] = 0.3 + (i % 5 / 100.0) });
        var decision = new ReleaseGate(policy).Decide(new GateInput
        {
            Candidate = candidate,
            References = [new(ReferenceKind.Bm25, candidate)],
            Attempt = 1,
            Calibrations = [FloorCalibration.Transfer(Floor, Dev("a", m => m), Dev("b", m => (2 * m) + 0.05), FloorTransfer.Quantile)],
        });
        Assert.Equal(Verdict.Blocked, decision.Verdict);
        var reason = decision.Reasons.First(r => r.Rule == "floor");
        Assert.Equal(0.41, reason.Threshold);
        Assert.Contains("0.18 in space space-a leaves 18 of 40 dev questions below it, here 0.410 does (95% interval 0.", reason.Note, StringComparison.Ordinal);
    }

    [Theory, InlineData(.09, "leaves 9 of 40", "(about "), InlineData(.1, "leaves 10 of 40", "(95% interval "), InlineData(.30, "leaves 30 of 40", "(95% interval "), InlineData(.31, "leaves 31 of 40", "(about ")]
    public void Note_FewScoresOnOneSide_ClaimsNo95(double value, string leaves, string interval)
    {
        string note = FloorCalibration.Transfer(Floor with { Value = value }, Dev("a", m => m), Dev("b", m => (2 * m) + 0.05), FloorTransfer.Quantile).Note;
        Assert.Contains(leaves, note, StringComparison.Ordinal);
        Assert.Contains(interval, note, StringComparison.Ordinal);
    }

    [Theory, InlineData(1.0, "above"), InlineData(-1.0, "below")]
    public void Transfer_FloorBeyondEveryDevMargin_HasNoQuantile(double value, string where)
    {
        var error = Assert.Throws<NearfarException>(() => FloorCalibration.Transfer(Floor with { Value = value }, Dev("a", m => m), Dev("b", m => m), FloorTransfer.Quantile));
        Assert.Contains($"lies {where} every dev question", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ComputeHash_TheDefaultWay_IsThatOfAPolicyFromBefore()
    {
        Assert.DoesNotContain("floor_transfer", System.Text.Encoding.UTF8.GetString(new GatePolicy().ToUtf8()), StringComparison.Ordinal);
        Assert.NotEqual(new GatePolicy().ComputeHash(), new GatePolicy { FloorTransfer = FloorTransfer.Quantile }.ComputeHash());
        Assert.Contains("floor transfer 7", Assert.Single(new GatePolicy { FloorTransfer = (FloorTransfer)7 }.FindProblems()), StringComparison.Ordinal);
    }
}
