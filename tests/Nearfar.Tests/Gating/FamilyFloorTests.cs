using Nearfar.Bench.Simulation;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Statistics;
using Nearfar.Gating;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Gating;

/// <summary>Floors on every cohort of a family: what blocks, what leaves the verdict open, what must do neither.</summary>
public class FamilyFloorTests
{
    private const double Floor = 0.18;
    private static readonly GatePolicy s_policy = new()
    {
        Reference = ReferenceKind.Current,
        Flips = 999,
        Floors = [new GateFloor(new CohortKey("intent", "*"), MetricNames.MarginMean, Floor, "space-candidate")],
    };

    private static readonly int[] s_sizes = [.. Enumerable.Repeat(60, 20), 20, 14];

    private static Trial[] Run(int count, PlantedTruth truth) => Repetitions.Run(count, 2, i => Trial.Run(PlantedSet.Create(s_sizes, 5, single: true, families: false),
        truth with { Discordant = 0.03, DocumentSpread = 0, LeastMargin = Floor }, s_policy with { Tolerance = 0.5 }, 5, i));

    [Fact]
    public void Decide_ASmallCohortFarBelow_HardlyEverPasses_AndIsMostlyBlocked()
    {
        var trials = Run(40, new PlantedTruth { Margins = new Dictionary<int, double> { [20] = 0.06 } });
        Assert.InRange(trials.Count(t => t.Verdict == Verdict.Passed), 0, 4);
        Assert.InRange(trials.Count(t => t.Found(PlantedSet.IntentKey(20))), 20, 40);
    }

    [Fact]
    public void Decide_ACohortExactlyAtItsFloorFarFromTheOthers_IsHardlyEverBlocked()
    {
        // The others are alike and far above, so this one looks strange; strange is not below.
        var trials = Run(60, new PlantedTruth { Spread = 0.005, Margins = new Dictionary<int, double> { [3] = Floor } });
        Assert.InRange(trials.Count(t => t.Found(PlantedSet.IntentKey(3))), 0, 3);      // 1 % are allowed: more than 3 of 60 has a chance of .3 %
    }

    [Fact]
    public void Decide_WhatBlocksOfAFamily_IsProvenByItselfToo()
    {
        var reasons = Run(40, new PlantedTruth { Spread = 0.02, Margins = new Dictionary<int, double> { [3] = 0.14, [20] = 0.10 } }).SelectMany(t => t.Decision.Reasons.Concat(t.Decision.Unproven)).Where(r => r.Rule == "floor").ToArray();
        Assert.Contains(reasons, r => r.Outcome == TestOutcome.Bad);
        Assert.Contains(reasons, r => r is { Outcome: TestOutcome.Open, AdjustedP: <= 0.05 });
        Assert.All(reasons, r => Assert.Equal(r.Outcome == TestOutcome.Bad, r.High < r.Threshold && r.P <= 0.01 && r.AdjustedP <= r.Level));
    }

    [Fact]
    public void Decide_SeldomSoLowByChance_LeavesTheVerdictOpen()
    {
        foreach (var trial in Run(40, new PlantedTruth { Margins = new Dictionary<int, double> { [21] = 0.10 } }))
        {
            var doubtful = trial.Decision.Reasons.Concat(trial.Decision.Unproven).Where(r => r.Rule == "floor" && r.Candidate < r.Threshold && r.AdjustedP <= 0.05).ToArray();
            Assert.All(doubtful, r => Assert.Contains(r, trial.Decision.Reasons));
            Assert.True(doubtful.Length == 0 || trial.Verdict != Verdict.Passed);
        }
    }

    [Fact]
    public void BelowP_HealthyFamilies_AreUniformOrAbove()
    {
        // The least p of a family drawn from its own null: at most a tenth of them below .1, whatever the sizes.
        var random = new SeededRandom(3);
        int low = 0;
        const int Families = 200;
        for (int f = 0; f < Families; f++)
        {
            ClusteredMean[] means = [.. s_sizes.Select(n =>
            {
                double truth;
                do
                {
                    truth = 0.26 + (0.03 * random.Bell());
                }
                while (truth < Floor);
                return ClusteredMean.Of([.. Enumerable.Range(0, n).Select(_ => truth + (0.12 * random.Bell()))], [.. Enumerable.Range(0, n)]);
            })];
            low += Shrinkage.Fit(means)!.BelowP(Floor, 299, 1).Min() <= 0.1 ? 1 : 0;
        }

        Assert.InRange(low, 0, 33);      // 20 expected at most; more than 33 has a chance of .2 %
    }
}
