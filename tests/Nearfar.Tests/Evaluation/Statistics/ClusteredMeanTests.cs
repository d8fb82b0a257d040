using Nearfar.Evaluation.Statistics;
using Nearfar.Evaluation;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Evaluation.Statistics;

public class ClusteredMeanTests
{
    [Fact]
    public void Of_ClustersOfOne_IsTheUsualMeanAndError()
    {
        double[] values = [0.1, 0.4, 0.35, 0.9, 0.2];
        var mean = ClusteredMean.Of(values, [0, 1, 2, 3, 4]);
        double average = values.Average();
        double error = Math.Sqrt(values.Sum(v => (v - average) * (v - average)) / 4 / 5);
        Assert.Equal(average, mean.Mean, 1e-15);
        Assert.Equal(error, mean.StandardError, 1e-15);
        Assert.Equal(5, mean.Effective, 1e-12);
        Assert.Equal(1, mean.DesignEffect, 1e-12);
        Assert.Equal(StudentT.UpperQuantile(0.025, 4) * error, mean.HalfWidth(0.025), 1e-15);
    }

    [Fact]
    public void Of_EqualClusters_IsTheMeanOfClusterMeans()
    {
        double[] values = [1, 1, 0, 0, 1, 0, 1, 1];
        var mean = ClusteredMean.Of(values, [0, 0, 1, 1, 2, 2, 3, 3]);
        var means = ClusteredMean.Of([1, 0, 0.5, 1], [0, 1, 2, 3]);
        Assert.Equal(means.Mean, mean.Mean, 1e-15);
        Assert.Equal(means.StandardError, mean.StandardError, 1e-15);
        Assert.Equal(means.HalfWidth(0.025), mean.HalfWidth(0.025), 1e-13);
        Assert.Equal((8, 4, 4.0), (mean.N, mean.Clusters, mean.Effective));
    }

    [Fact]
    public void Of_RepeatedQueries_GainNoCertainty()
    {
        double[] values = [0.3, 0.8, 0.5, 0.1];
        var once = ClusteredMean.Of(values, [0, 1, 2, 3]);
        var tenTimes = ClusteredMean.Of([.. Enumerable.Range(0, 40).Select(i => values[i / 10])], [.. Enumerable.Range(0, 40).Select(i => i / 10)]);
        Assert.Equal(once.StandardError, tenTimes.StandardError, 1e-15);
        Assert.Equal(once.HalfWidth(0.025), tenTimes.HalfWidth(0.025), 1e-13);
    }

    [Fact]
    public void Of_OneLargeCluster_HasFewerEffectiveClusters()
    {
        var mean = ClusteredMean.Of(new double[12], [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]);
        Assert.Equal(4, mean.Clusters);
        Assert.Equal(144.0 / 84, mean.Effective, 1e-12);
    }

    [Theory]
    [InlineData(10, 0.05, 0.2589)]       // of 10 unchanged questions, 26 % could have changed
    [InlineData(412, 0.025, 0.00891)]
    public void Floor_NothingChanged_IsTheShareThatCouldHave(int n, double alpha, double expected) =>
        Assert.Equal(expected, ClusteredMean.Of(new double[n], [.. Enumerable.Range(0, n)]).Floor(alpha, 1), 1e-4);

    [Fact]
    public void Of_EqualValuesThatDoNotAddUp_HaveNoSpread()
    {
        var mean = ClusteredMean.Of([0.1, 0.1, 0.1], [0, 1, 2]);
        Assert.Equal(0, mean.StandardError);
    }

    [Fact]
    public void HasInterval_NeedsThreeQueriesAndTwoClusters()
    {
        Assert.False(ClusteredMean.Of([1, 0], [0, 1]).HasInterval);
        Assert.False(ClusteredMean.Of([1, 0, 1], [0, 0, 0]).HasInterval);
        Assert.True(ClusteredMean.Of([1, 0, 1], [0, 0, 1]).HasInterval);
    }

    [Fact]
    public void Paired_ZeroOneScores_IsTheWiderOfTAndTango()
    {
        double[] before = [.. Enumerable.Repeat(1.0, 50)];
        double[] after = [.. before.Select((_, i) => i < 2 ? 0.0 : 1.0)];
        int[] clusters = [.. Enumerable.Range(0, 50)];
        var difference = ClusteredMean.Of([.. after.Zip(before, (a, b) => a - b)], clusters);
        var (low, high) = MeanBounds.Paired("recall@5", before, after, difference, 0.025, 0.05)!.Value;
        Assert.Equal(Math.Min(Proportions.Tango(0, 2, 50, 0.025).Low, -0.04 - Math.Max(difference.HalfWidth(0.025), difference.Floor(0.025, 1))), low);
        Assert.Equal(Math.Max(Proportions.Tango(0, 2, 50, 0.05).High, -0.04 + Math.Max(difference.HalfWidth(0.05), difference.Floor(0.05, 1))), high, 1e-15);
        Assert.True(high > 0);
    }

    [Fact]
    public void DescribePaired_ZeroOneScores_IsTangoAlone()
    {
        double[] before = [.. Enumerable.Repeat(1.0, 50)];
        double[] after = [.. before.Select((_, i) => i < 2 ? 0.0 : 1.0)];
        before[9] = 0;
        var difference = ClusteredMean.Of([.. after.Zip(before, (a, b) => a - b)], [.. Enumerable.Range(0, 50)]);
        var (low, high) = MeanBounds.DescribePaired("recall@5", [.. after.Zip(before, (a, b) => a - b)], difference, 0.025)!.Value;
        var tango = Proportions.Tango(1, 2, 50, 0.025);
        Assert.Equal(tango.Low, low, 1e-12);
        Assert.Equal(tango.High, high, 1e-12);
    }

    [Fact]
    public void DescribePaired_OtherScores_IsScoreInTheirRange_AndTOfMargins()
    {
        int[] clusters = [.. Enumerable.Range(0, 40)];
        double[] differences = [.. clusters.Select(i => i < 3 ? 0.1 : 0)];
        var difference = ClusteredMean.Of(differences, clusters);
        Assert.Equal(ScoreInterval.Of(differences, -1, 1, 1, Normal.UpperQuantile(0.025)), MeanBounds.DescribePaired("ndcg@10", differences, difference, 0.025));
        Assert.Equal((difference.Mean - difference.HalfWidth(0.025), difference.Mean + difference.HalfWidth(0.025)), MeanBounds.DescribePaired("z_margin_mean", differences, difference, 0.025));

        double[] odd = [.. differences.Select(d => 20 * d)];       // a file may hold what no measure gives
        Assert.Equal(20 * (difference.Mean + difference.HalfWidth(0.025)), MeanBounds.DescribePaired("ndcg@10", odd, ClusteredMean.Of(odd, clusters), 0.025)!.Value.High, 1e-9);

        var none = ClusteredMean.Of(new double[40], clusters);
        var (least, most) = MeanBounds.DescribePaired("z_margin_mean", new double[40], none, 0.025)!.Value;
        Assert.Equal(2 * (1 - Math.Pow(0.025, 1 / 40.0)), most, 1e-15);
        Assert.Equal(-most, least);
        Assert.Null(MeanBounds.DescribePaired("ndcg@10", [0, 0], ClusteredMean.Of([0, 0], [0, 1]), 0.025));
        Assert.Null(MeanBounds.DescribePaired("z_margin_mean", [0, 0], ClusteredMean.Of([0, 0], [0, 1]), 0.025));
    }

    [Theory]
    [InlineData(9, 1, true)]            // a share: yes or no at fewer than ten documents
    [InlineData(10, 1, false)]
    [InlineData(17, 1, true, 1, 35)]    // or fewer than 36 documents in all
    [InlineData(18, 1, false, 1, 36)]
    [InlineData(40, 1, true, 2, 70)]
    [InlineData(12, .5, true)]          // a graded mean: at fewer than thirteen
    [InlineData(13, .5, false)]
    [InlineData(13, .5, false, 1, 30)]
    [InlineData(26, .5, true, 3)]       // 26 questions of nine documents
    public void HasFewEvents_CountsDocumentsOffTheEndsOfTheRange(int off, double by, bool few, int perCluster = 1, int questions = 60)
    {
        double[] low = [.. Enumerable.Range(0, questions).Select(i => i < off ? by : 0)];
        int[] clusters = [.. Enumerable.Range(0, questions).Select(i => i / perCluster)];
        Assert.Equal(few, MeanBounds.HasFewEvents(low, clusters, (0, 1)));
        Assert.Equal(few, MeanBounds.HasFewEvents([.. low.Select(v => 1 - v)], clusters, (0, 1)));
    }

    // One document holds nine of ten questions, worth 1.2 of its kind: t would say 0.6 +- 1,600.
    [Fact]
    public void Describe_MarginsOfLessThanTwoEffectiveDocuments_HaveNoInterval()
    {
        double[] margins = [.. Enumerable.Range(0, 10).Select(i => 0.2 * (i % 5))];
        var mean = ClusteredMean.Of(margins, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        Assert.True(mean.HasInterval && mean.Effective < 2);
        Assert.Null(MeanBounds.Describe("margin_mean", margins, mean, 0.025));
        Assert.Null(MeanBounds.DescribePaired("margin_mean", margins, mean, 0.025));
        Assert.NotNull(MeanBounds.Describe("ndcg@10", margins, mean, 0.025));       // in [0, 1], wide as it is
        var two = ClusteredMean.Of(margins, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
        Assert.NotNull(MeanBounds.Describe("margin_mean", margins, two, 0.025));
        Assert.NotNull(MeanBounds.DescribePaired("margin_mean", margins, two, 0.025));
    }

    // Of two questions of a document the one is right, the other wrong: documents do not differ at all, which is luck.
    [Fact]
    public void Describe_DocumentsOfUnlikeQuestions_CountForMoreThanTheirNumber_ToALimit()
    {
        double[] values = [.. Enumerable.Range(0, 60).Select(i => i % 2 == 0 ? 1.0 : 0)];
        int[] clusters = [.. Enumerable.Range(0, 60).Select(i => i / 2)];
        var mean = ClusteredMean.Of(values, clusters);
        Assert.Equal((0, 1), (mean.StandardError, mean.DesignEffect));
        double wider = StudentT.UpperQuantile(0.025, 29) / StudentT.UpperQuantile(0.025, 59);
        Assert.Equal(ScoreInterval.Of(values, 0, 1, 0.7, wider * Normal.UpperQuantile(0.025)).Low, MeanBounds.Describe("recall@5", values, mean, 0.025)!.Value.Low, 1e-12);
    }

    // 30 questions of documents with 8, 1, 2, 1, 1, 1 and 1 of them: some six equal documents carry as much.
    [Fact]
    public void DescribePaired_UnequalDocuments_IsWiderThanItsDesignEffect()
    {
        int[] clusters = [.. Enumerable.Range(0, 30).Select(i => (7 * (i / 15)) + (i % 15) switch { < 8 => 0, 8 => 1, < 11 => 2, var rest => rest - 8 })];
        double[] differences = [.. clusters.Select((c, i) => c % 3 == 0 && i % 2 == 0 ? -1.0 : 0)];
        var difference = ClusteredMean.Of(differences, clusters);
        double wider = StudentT.UpperQuantile(0.025, difference.Effective - 1) / StudentT.UpperQuantile(0.025, 29);
        Assert.InRange(wider, 1.1, 1.4);
        var (low, high) = MeanBounds.DescribePaired("recall@5", differences, difference, 0.025)!.Value;
        var (least, most) = ScoreInterval.Of(differences, -1, 1, difference.DesignEffect, wider * Normal.UpperQuantile(0.025));
        Assert.Equal(least, low, 1e-12);
        Assert.Equal(most, high, 1e-12);
    }

    // The lower bound must hold its level where it is hardest: few changes, many ties, clusters.
    [Theory]
    [InlineData(100, 1, 0.03, 0.03)]
    [InlineData(200, 1, 0.01, 0.04)]
    [InlineData(60, 1, 0.10, 0.15)]
    [InlineData(120, 3, 0.05, 0.08)]
    public void Paired_SimulatedChanges_LowerBoundCoversTheTruth(int clusters, int size, double wins, double losses)
    {
        var random = new SeededRandom(11);
        double truth = wins - losses;
        int covered = 0;
        const int Runs = 600;
        for (int run = 0; run < Runs; run++)
        {
            double[] before = new double[clusters * size];
            double[] after = new double[clusters * size];
            int[] numbers = new int[clusters * size];
            for (int c = 0; c < clusters; c++)
            {
                double u = random.Below(1 << 30) / (double)(1 << 30);
                for (int i = 0; i < size; i++)
                {
                    numbers[(c * size) + i] = c;
                    before[(c * size) + i] = u < losses || u > 0.5 ? 1 : 0;      // all questions of a cluster change together
                    after[(c * size) + i] = u < losses ? 0 : u < losses + wins ? 1 : before[(c * size) + i];
                }
            }

            var difference = ClusteredMean.Of([.. after.Zip(before, (a, b) => a - b)], numbers);
            covered += MeanBounds.Paired("recall@5", before, after, difference, 0.025, 0.05)!.Value.Low <= truth ? 1 : 0;
        }

        Assert.True(covered >= Runs * 0.965, $"{covered} of {Runs} lower bounds hold; wanted are 97.5 %");
    }
}
