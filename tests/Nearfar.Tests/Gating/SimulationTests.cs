using Nearfar.Bench.Simulation;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Xunit;

namespace Nearfar.Tests.Gating;

/// <summary>The whole gate on worlds whose truth is planted: the short form of <c>Nearfar.Bench simulate</c>. One seed, so a red run stays red.</summary>
public class SimulationTests
{
    private const ulong Seed = 20;
    private static readonly GatePolicy s_joint = new() { Reference = ReferenceKind.Current, Metric = "recall@5", Flips = 999 };
    private static readonly int[] s_sizes = [.. PlantedSet.PowerLaw.Select(n => Math.Max(2, n / 10))];

    [Fact]
    public void PowerLaw_IsTheSetOfTheReference()
    {
        Assert.Equal(5356, PlantedSet.PowerLaw.Sum());
        Assert.Equal((2000, 308, 70, 19, 14), (PlantedSet.PowerLaw[0], PlantedSet.PowerLaw[3], PlantedSet.PowerLaw[11], PlantedSet.PowerLaw[30], PlantedSet.PowerLaw[39]));
    }

    [Theory, InlineData(0.03, 0), InlineData(0.10, 0), InlineData(0.10, 0.05), InlineData(0.03, 0.20)]
    public void Draw_HoldsWhatIsPlanted(double discordant, double fall)
    {
        var set = PlantedSet.Create([20_000], Seed);
        var release = PlantedRelease.Draw(set, new PlantedTruth { Discordant = discordant, Fall = fall, Spread = 0, Together = 0 }, Seed, 0);
        double before = release.RankBefore.Average(PlantedReports.Recall5);
        double after = release.RankAfter.Average(PlantedReports.Recall5);
        double changed = release.RankBefore.Zip(release.RankAfter, (a, b) => PlantedReports.Recall5(a) != PlantedReports.Recall5(b) ? 1.0 : 0).Average();
        Assert.Equal(fall, before - after, 0.008);
        Assert.Equal(Math.Max(discordant, fall), changed, 0.008);
        Assert.Equal(0.26, release.MarginAfter.Average(), 0.005);
        Assert.Equal(0, release.MarginAfter.Average() - release.MarginBefore.Average(), 0.002);
    }

    [Fact]
    public void Run_AnyNumberOfThreads_GivesTheSameDecisions()
    {
        var set = PlantedSet.Create([60, 30, 10], Seed);
        string[][] runs = [.. new[] { 1, 3 }.Select(threads => Repetitions.Run(6, threads, i => string.Join('\n', Trial.Run(set, new PlantedTruth(), s_joint, Seed, i).Decision.Reasons)))];
        Assert.Equal(runs[0], runs[1]);
        Assert.Equal(6, runs[0].Distinct().Count());
    }

    [Theory, InlineData(0.03), InlineData(0.10)]
    public void Decide_HealthyReleases_AreRarelyBlockedByAnything(double discordant)
    {
        var set = PlantedSet.Create(s_sizes, Seed);
        var policy = s_joint with
        {
            Protected = [PlantedSet.IntentKey(3), new("language", "l1"), new("length", "short")],
            ViolationLimit = 0.03,
            Floors = [new GateFloor(new CohortKey("intent", "*"), MetricNames.MarginMean, 0.18, "space-candidate")],
        };
        var trials = Repetitions.Run(50, 2, i => Trial.Run(set, new PlantedTruth { Discordant = discordant, Spread = i % 2 == 0 ? 0.03 : 0.06, Shape = (MarginShape)(i / 2 % 2) }, policy, Seed, i));
        Log("healthy", trials);
        Assert.InRange(trials.Count(t => t.Verdict == Verdict.Blocked), 0, 2);      // at most 1 % are wanted: 3 of 50 has a chance of 1.4 %
        Assert.All(trials, t => Assert.All(set.Members.Where(m => m.Value.Length is >= 3 and < 20 && !policy.Protected.Contains(m.Key)),
            m => Assert.True(t.Decision.Unproven.Any(r => r.Cohort == m.Key) || Rise(t.Release, m.Value) > 0.1)));       // so few are proven fine by a great rise alone
    }

    [Theory, InlineData(0.03), InlineData(0.10)]
    public void Decide_ReleasesExactlyAtALimit_RarelyPassWithinThreeAttempts(double discordant)
    {
        var overall = PlantedSet.Create([400], Seed, families: false);
        var cohort = PlantedSet.IntentKey(1);
        var parted = PlantedSet.Create([200, 75], Seed, families: false);
        int Passed(PlantedSet set, PlantedTruth truth, GatePolicy policy) => Repetitions.Run(100, 2, i => Enumerable.Range(1, 3)
            .Any(attempt => Trial.Run(set, truth, policy, Seed, (3 * i) + attempt, attempt).Verdict == Verdict.Passed)).Count(p => p);
        int first = Passed(overall, new PlantedTruth { Discordant = discordant, Fall = 0.02 }, s_joint);
        int second = Passed(parted, new PlantedTruth { Discordant = discordant, Falls = [(cohort, 0.05)] }, s_joint with { Protected = [cohort], Tolerance = 0.2 });
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}: {first} and {second} of 100 passed");
        Assert.InRange(first, 0, 9);       // 5 % are allowed: more than 9 of 100 has a chance of 3 %
        Assert.InRange(second, 0, 9);
    }

    [Fact]
    public void Decide_ACohortOf73FallsByAThird_IsBlocked()
    {
        int[] sizes = [300, 73, 40, 20, 14];
        var set = PlantedSet.Create(sizes, Seed, single: true);
        var cohort = PlantedSet.IntentKey(1);
        var trials = Repetitions.Run(20, 2, i => Trial.Run(set, new PlantedTruth { Falls = [(cohort, 0.35)] }, s_joint with { Tolerance = 0.5 }, Seed, i));
        Log("fall", trials);
        Assert.InRange(trials.Count(t => t.Decision.Reasons.Any(r => r.Rule == "G3" && r.Cohort == cohort && r.Outcome == TestOutcome.Bad)), 18, 20);
        Assert.All(trials, t => Assert.Contains(t.Decision.Watch, r => r.Cohort == cohort));
    }

    [Theory, InlineData(30), InlineData(200)]
    public void Summarise_MeansOfMargins_CoverTheTruth(int n)
    {
        var set = PlantedSet.Create([n], Seed);
        var truth = new PlantedTruth { Spread = 0 };
        var means = Repetitions.Run(600, 2, i =>
        {
            var release = PlantedRelease.Draw(set, truth, Seed, i);
            return PlantedReports.Of(set, "candidate", release.RankAfter, release.MarginAfter, release.ViolationAfter).Metrics[MetricNames.MarginMean];
        });
        int covered = means.Count(m => m.Low <= 0.26 && 0.26 <= m.High);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}: {covered} of 600 intervals of n {n} hold the truth");
        Assert.InRange(covered, 552, 588);      // 95 % less or more three standard deviations
    }

    [Theory, InlineData("recall@5"), InlineData("ndcg@10")]
    public void Comparison_PrintedDifferences_CoverTheTruth(string metric)
    {
        var set = PlantedSet.Create([100], Seed);
        var changes = Repetitions.Run(600, 2, i =>
        {
            var (before, after) = PlantedReports.Of(set, PlantedRelease.Draw(set, new PlantedTruth { Spread = 0 }, Seed, i));
            return new ReportComparison(before, after).Overall[metric];
        });
        int covered = changes.Count(c => c.Low <= 0 && 0 <= c.High);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}: {covered} of 600 intervals of {metric} hold the truth");
        Assert.InRange(covered, 552, 588);
    }

    [Fact]
    public void Run_StoppedWithinALine_GoesOnToTheSameResults()
    {
        string folder = Directory.CreateTempSubdirectory("nearfar-kept").FullName;
        try
        {
            int drawn = 0;
            (int Index, Verdict Verdict) One(int i)
            {
                Interlocked.Increment(ref drawn);
                return (i, (Verdict)(i % 3));
            }

            var study = new Study(TextWriter.Null, Seed, 2, 1, folder);
            var whole = study.Run("cell: 10 %", 250, One);
            string file = Assert.Single(Directory.GetFiles(folder));
            string text = File.ReadAllText(file);
            File.WriteAllText(file, text[..(text.IndexOf('\n') + 30)]);      // the first hundred, and the beginning of the second
            drawn = 0;
            Assert.Equal(whole, study.Run("cell: 10 %", 250, One));
            Assert.Equal(150, drawn);
            Assert.Equal(text, File.ReadAllText(file));
            drawn = 0;
            Assert.Equal(whole, (study with { Scale = 0.1 }).Run("cell: 10 %", 250, One));       // more than asked for, and there already
            Assert.Equal((0, 250), (drawn, whole.Length));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Decide_HealthyAgainstSeveralReports_IsRarelyBlocked(bool earlier)
    {
        var set = PlantedSet.Create(s_sizes, Seed);
        int blocked = Repetitions.Run(40, 2, i => ReferenceStudy.One(set, earlier, Seed, i)).Count(d => d.Verdict == Verdict.Blocked);
        Assert.InRange(blocked, 0, 2);      // at most 1 % are wanted: 3 of 40 has a chance of .8 %
    }

    private static double Rise(PlantedRelease release, int[] questions) =>
        questions.Average(i => PlantedReports.Recall5(release.RankAfter[i]) - PlantedReports.Recall5(release.RankBefore[i]));

    private static void Log(string what, Trial[] trials) => TestContext.Current.TestOutputHelper?.WriteLine(
        $"seed {Seed}, {what}: {string.Join(", ", trials.GroupBy(t => t.Verdict).Select(g => $"{g.Key} {g.Count()}"))} of {trials.Length}");
}
