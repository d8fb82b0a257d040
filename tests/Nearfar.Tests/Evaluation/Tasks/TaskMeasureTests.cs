using Nearfar.Evaluation.Statistics;
using Nearfar.Evaluation.Tasks;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Evaluation.Tasks;

public class TaskMeasureTests
{
    [Fact]
    public void Spearman_TiedValues_IsPearsonOfAverageRanks()
    {
        Assert.Equal([1.5, 3, 1.5, 5, 4], RankCorrelation.AverageRanks([.2, .5, .2, .9, .7]));
        double[] a = Draw(40, 1, steps: 8);
        double[] b = [.. a.Zip(Draw(40, 2, steps: 5), (x, y) => x + y)];
        var rho = RankCorrelation.Spearman(a, b);
        double Rank(double[] values, double v) => values.Count(x => x < v) + ((values.Count(x => x == v) + 1) / 2.0);
        double expected = MathNet.Numerics.Statistics.Correlation.Pearson(a.Select(v => Rank(a, v)), b.Select(v => Rank(b, v)));
        Assert.Equal(expected, rho.Value, 1e-12);
        Assert.True(rho.Low < expected && expected < rho.High);
        Assert.Equal(expected, RankCorrelation.Spearman([.. a.Select(Math.Exp)], [.. b.Select(v => (v * 3) - 1)]).Value, 1e-12);
        Assert.Equal(-expected, RankCorrelation.Spearman([.. a.Select(v => -v)], b).Value, 1e-12);
        Assert.Equal(1, RankCorrelation.Spearman([1, 2, 3], [4, 5, 9]).Value);
    }

    [Fact]
    public void Spearman_WhatOrdersNothing_IsRefused()
    {
        Assert.Contains("collapsed", Assert.Throws<NearfarException>(() => RankCorrelation.Spearman([1, 1, 1], [1, 2, 3])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => RankCorrelation.Spearman([1, double.NaN, 1], [1, 2, 3]));
        Assert.Throws<ArgumentException>(() => RankCorrelation.Spearman([1, 2], [1, 2, 3]));
    }

    /// <summary>400 samples of correlated pairs: the interval must hold the true correlation about 95 % of the time.</summary>
    [Fact]
    public void Spearman_ManySamples_IntervalCovers()
    {
        (double[] A, double[] B) Sample(int n, ulong seed)
        {
            var random = new SeededRandom(seed);
            double[] a = [.. Enumerable.Range(0, n).Select(_ => (double)random.Bell())];
            return (a, [.. a.Select(v => (.8 * v) + (.6 * random.Bell()))]);
        }

        var large = Sample(40_000, 77);
        double truth = RankCorrelation.Spearman(large.A, large.B).Value;
        int held = 0;
        for (int i = 0; i < 400; i++)
        {
            var (a, b) = Sample(60, 1000UL + (ulong)i);
            var rho = RankCorrelation.Spearman(a, b);
            held += rho.Low <= truth && truth <= rho.High ? 1 : 0;
        }

        Assert.InRange(held, 368, 394);
    }

    /// <summary>Twelve samples, ties among them: the error is that of leaving out each pair in turn, within a few percent.</summary>
    [Fact]
    public void Spearman_Interval_AgreesWithTheJackknife()
    {
        for (ulong seed = 1; seed <= 12; seed++)
        {
            double[] a = Draw(80, seed, steps: seed % 2 == 0 ? 1000 : 9);
            double[] b = [.. a.Zip(Draw(80, seed + 50, steps: 9), (x, y) => x + y)];
            var rho = RankCorrelation.Spearman(a, b);
            double[] without = [.. Enumerable.Range(0, 80).Select(i => RankCorrelation.Spearman([.. a.Where((_, j) => j != i)], [.. b.Where((_, j) => j != i)]).Value)];
            double error = Math.Sqrt(79.0 / 80 * without.Sum(w => Math.Pow(w - without.Average(), 2))) / (1 - (rho.Value * rho.Value));
            double half = Nearfar.Evaluation.Statistics.StudentT.UpperQuantile(.025, 79) * error;
            Assert.Equal(1, (Math.Atanh(rho.High!.Value) - Math.Atanh(rho.Low!.Value)) / 2 / half, .04);
        }
    }

    /// <summary>400 samples of pairs far out together, t with three degrees of freedom: 95 % is 380; Bonett and Wright's interval held the truth 361 times.</summary>
    [Fact]
    public void Spearman_HeavyTails_IntervalCovers()
    {
        (double[] A, double[] B) Sample(int n, ulong seed)
        {
            var random = new SeededRandom(seed);
            (double A, double B)[] pairs = [.. Enumerable.Range(0, n).Select(_ =>
            {
                double x = random.Bell(), y = (.9 * x) + (Math.Sqrt(.19) * random.Bell());
                double scale = Math.Sqrt(Enumerable.Range(0, 3).Sum(_ => Math.Pow(random.Bell(), 2)) / 3);
                return (x / scale, y / scale);
            })];
            return ([.. pairs.Select(p => p.A)], [.. pairs.Select(p => p.B)]);
        }

        var large = Sample(40_000, 77);
        double truth = RankCorrelation.Spearman(large.A, large.B).Value;
        int held = 0;
        for (int i = 0; i < 400; i++)
        {
            var (a, b) = Sample(100, 2000UL + (ulong)i);
            var rho = RankCorrelation.Spearman(a, b);
            held += rho.Low <= truth && truth <= rho.High ? 1 : 0;
        }

        Assert.InRange(held, 367, 393);
    }

    [Fact]
    public void Auc_AveragePrecision_TiedSimilarities_AgreeWithPlainLoops()
    {
        for (ulong seed = 1; seed <= 50; seed++)
        {
            var pairs = Pairs(30, seed, steps: 6);
            double[] positives = [.. pairs.Similarities.Where((_, i) => pairs.Matches[i])];
            double[] negatives = [.. pairs.Similarities.Where((_, i) => !pairs.Matches[i])];
            Assert.Equal(positives.Average(p => negatives.Average(n => p > n ? 1 : p == n ? .5 : 0)), PairClassification.Auc(pairs).Value, 1e-12);
            double precision = 0;
            foreach (double t in pairs.Similarities.Distinct())
            {
                double gain = positives.Count(p => p == t) / (double)positives.Length;
                precision += gain * positives.Count(p => p >= t) / pairs.Similarities.Count(s => s >= t);
            }

            Assert.Equal(precision, PairClassification.AveragePrecision(pairs), 1e-12);
        }

        var constant = new ScoredPairs([.5, .5, .5, .5], [true, false, false, false]);
        Assert.Equal(.5, PairClassification.Auc(constant).Value);
        Assert.Equal(.25, PairClassification.AveragePrecision(constant));       // a constant scorer gets the base rate, whatever the order
    }

    [Theory, InlineData(ThresholdAim.F1), InlineData(ThresholdAim.Accuracy)]
    public void Learn_TiedSimilarities_IsTheBestCutBetweenDistinctOnes(ThresholdAim aim)
    {
        double Score(PairCounts c) => aim == ThresholdAim.F1 ? c.F1 : c.Accuracy;
        for (ulong seed = 1; seed <= 50; seed++)
        {
            var pairs = Pairs(25, seed, steps: 7);
            double threshold = PairClassification.Learn(pairs, aim);
            double best = pairs.Similarities.Append(9).Max(t => Score(PairClassification.Apply(pairs, t)));
            Assert.Equal(best, Score(PairClassification.Apply(pairs, threshold)), 1e-12);
            Assert.True(threshold <= pairs.Similarities.Min() || !pairs.Similarities.Contains(threshold));
        }
    }

    /// <summary>Distances 1 and 2 match, 10 and 20 do not: the threshold lies in the middle, 6.</summary>
    [Fact]
    public void Learn_SeparatedPairs_LiesMidway()
    {
        var pairs = new ScoredPairs([-1, -2, -10, -20], [true, true, false, false]);
        Assert.Equal(-6, PairClassification.Learn(pairs, ThresholdAim.Accuracy));
        Assert.Equal(-6, PairClassification.Learn(pairs, ThresholdAim.F1));
        var counts = PairClassification.Apply(pairs, -6);
        Assert.Equal((1.0, 1.0, 1.0, 1.0, 1.0), (counts.Accuracy, counts.F1, counts.Precision, counts.Recall, counts.Mcc));
    }

    [Fact]
    public void CrossFit_NoiseWithoutSignal_DoesNotFlatter()
    {
        double within = 0;
        double across = 0;
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var random = new SeededRandom(seed);
            var pairs = new ScoredPairs([.. Enumerable.Range(0, 40).Select(_ => random.Uniform())], [.. Enumerable.Range(0, 40).Select(i => i % 2 == 0)]);
            within += PairClassification.Apply(pairs, PairClassification.Learn(pairs, ThresholdAim.Accuracy)).Accuracy / 40;
            across += PairClassification.CrossFit(pairs, ThresholdAim.Accuracy, seed: seed).Accuracy / 40;
        }

        Assert.True(within > .57, $"chosen on itself: {within}");
        Assert.InRange(across, .42, .53);
    }

    [Fact]
    public void CrossFit_Groups_StayTogetherAndCountsAddUp()
    {
        var pairs = Pairs(60, 3, steps: 50);
        var grouped = new ScoredPairs(pairs.Similarities, pairs.Matches, [.. Enumerable.Range(0, 60).Select(i => $"g{i / 6}")]);
        var counts = PairClassification.CrossFit(grouped, ThresholdAim.F1);
        Assert.Equal(60, counts.TruePositives + counts.FalsePositives + counts.FalseNegatives + counts.TrueNegatives);
        Assert.Equal(counts, PairClassification.CrossFit(grouped, ThresholdAim.F1));
        Assert.Contains("folds", Assert.Throws<NearfarException>(() => PairClassification.CrossFit(grouped, ThresholdAim.F1, folds: 11)).Message, StringComparison.Ordinal);
        Assert.Throws<NearfarException>(() => new ScoredPairs([.1, .2], [true, true]));
        Assert.Throws<ArgumentException>(() => new ScoredPairs([.1, double.NaN], [true, false]));
    }

    [Fact]
    public void Counts_ByHand_GiveMcc()
    {
        var counts = new PairCounts(6, 1, 2, 3);
        Assert.Equal(((6 * 3) - (1 * 2)) / Math.Sqrt(7 * 8 * 4 * 5), counts.Mcc, 1e-15);
        Assert.Equal(12.0 / 15, counts.F1, 1e-15);
        Assert.Equal(0, new PairCounts(5, 5, 0, 0).Mcc);
    }

    [Fact]
    public void VMeasure_KnownGroupings_GiveTheNumbersByHand()
    {
        Assert.Equal(1, ClusterAgreement.Of(["a", "a", "b"], [7, 7, 2]).VMeasure, 1e-12);
        var split = ClusterAgreement.Of(["a", "a", "b", "b"], [0, 1, 2, 2]);
        Assert.Equal(1, split.Homogeneity, 1e-12);
        Assert.Equal(Math.Log(2) / (1.5 * Math.Log(2)), split.Completeness, 1e-12);
        Assert.Equal(.8, split.VMeasure, 1e-12);
        var one = ClusterAgreement.Of(["a", "b"], [0, 0]);
        Assert.Equal((0.0, 1.0, 0.0), (one.Homogeneity, one.Completeness, one.VMeasure));
    }

    [Fact]
    public void Of_RandomGroupings_AgreesWithPlainLoopsAndIsSymmetric()
    {
        var random = new SeededRandom(5);
        string[] labels = [.. Enumerable.Range(0, 50).Select(_ => $"l{random.Below(4)}")];
        int[] groups = [.. Enumerable.Range(0, 50).Select(_ => random.Below(5))];
        double conditional = 0;
        double label = 0;
        foreach (string l in labels.Distinct())
        {
            double p = labels.Count(x => x == l) / 50.0;
            label -= p * Math.Log(p);
            foreach (int g in groups.Distinct())
            {
                double both = Enumerable.Range(0, 50).Count(i => labels[i] == l && groups[i] == g) / 50.0;
                conditional -= both == 0 ? 0 : both * Math.Log(both / (groups.Count(x => x == g) / 50.0));
            }
        }

        var agreement = ClusterAgreement.Of(labels, groups);
        Assert.Equal(1 - (conditional / label), agreement.Homogeneity, 1e-12);
        var swapped = ClusterAgreement.Of([.. groups.Select(g => $"{g}")], [.. labels.Select(l => l[1] - '0')]);
        Assert.Equal(agreement.Homogeneity, swapped.Completeness, 1e-12);
        Assert.Equal(agreement.VMeasure, swapped.VMeasure, 1e-12);
    }

    [Fact]
    public void KMeans_SeparatedBlobs_FindsThemForEverySeed()
    {
        var random = new SeededRandom(6);
        var rows = Rows.Allocate<float>(90, 4);
        string[] labels = new string[90];
        for (int i = 0; i < 90; i++)
        {
            labels[i] = $"blob {i % 3}";
            for (int k = 0; k < 4; k++)
            {
                rows[i][k] = (k == i % 3 ? 10 : 0) + random.Bell();
            }
        }

        var spread = KMeans.VMeasure(rows, labels, seeds: 5, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(5, spread.Values.Count);
        Assert.True(spread.Mean > .9, spread.ToString());
        Assert.Equal(KMeans.Assign(rows, 3, 9, cancellationToken: TestContext.Current.CancellationToken), KMeans.Assign(rows, 3, 9, cancellationToken: TestContext.Current.CancellationToken));
        Assert.All(KMeans.Assign(rows, 90, 1, cancellationToken: TestContext.Current.CancellationToken), g => Assert.InRange(g, 0, 89));
        Assert.Throws<ArgumentException>(() => KMeans.Assign(rows, 91, 1, cancellationToken: TestContext.Current.CancellationToken));
    }

    /// <summary>Five questions whose nDCG@3 and confidences are published with MTEB's test of abstention: three values to the last digit.</summary>
    [Fact]
    public void NormalisedAuc_MtebsQuestions_AgreesWithMtebUpToTheOrderOfTies()
    {
        double[][] scores = [[.8, .3, .4], [.5, .8, .4], [.9, .3, .3], [.1, .2, .2], [.5, .4, .5]];
        double[] qualities = [0.9197207891481876, 0.6309297535714575, 1.0, 0.5, 0.6934264036172708];       // trec_eval's ndcg_cut_3
        foreach (var (confidence, published) in new (Func<IReadOnlyList<double>, double>, double)[]
            { (Abstention.ByMaximum, 0.8368244286523474), (Abstention.BySpread, 0.9125701917627439), (Abstention.ByLead, 0.950708977119359) })
        {
            double[] confidences = [.. scores.Select(s => confidence(s))];
            Assert.Equal(published, PlainNormalisedAuc(confidences, qualities, [0, 1, 2, 3, 4]), 1e-12);       // input order, as MTEB
            double either = (PlainNormalisedAuc(confidences, qualities, [0, 1, 2, 3, 4]) + PlainNormalisedAuc(confidences, qualities, [4, 3, 2, 1, 0])) / 2;
            var measured = Abstention.NormalisedAuc(confidences, qualities);
            Assert.Equal(either, measured.Value, 1e-12);
            Assert.Null(measured.Low);       // five questions
        }
    }

    [Fact]
    public void NormalisedAuc_PerfectConstantAndReversed_AreOneZeroAndNegative()
    {
        double[] qualities = Draw(50, 8, steps: 40);
        Assert.Equal(1, Abstention.NormalisedAuc(qualities, qualities).Value, 1e-12);
        Assert.Null(Abstention.NormalisedAuc(qualities, qualities).Low);      // nothing varies, and that is no proof
        Assert.Equal(0, Abstention.NormalisedAuc([.. qualities.Select(_ => 3.0)], qualities).Value, 1e-12);
        Assert.True(Abstention.NormalisedAuc([.. qualities.Select(q => -q)], qualities).Value < 0);
        Assert.Throws<NearfarException>(() => Abstention.NormalisedAuc([.1, .2], [1, 1]));
        Assert.Throws<ArgumentException>(() => Abstention.NormalisedAuc([.1, double.NaN], [1, 0]));
        Assert.Throws<ArgumentException>(() => Abstention.ByMaximum([]));
    }

    /// <summary>400 samples of 60: 95 % is 380, three deviations 13. The truth is their mean.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void NormalisedAucAndVMeasure_ManySamples_IntervalsHoldTheirMean(bool abstention)
    {
        var samples = Enumerable.Range(0, 400).Select(repeat =>
        {
            var random = new SeededRandom(900UL + (ulong)repeat);
            double[] qualities = [.. Enumerable.Range(0, 60).Select(_ => random.Uniform())];
            if (abstention)
            {
                return Abstention.NormalisedAuc([.. qualities.Select(q => q + (.4 * random.Bell()))], qualities);
            }

            int[] labels = [.. qualities.Select(q => (int)(3 * q))];
            return ClusterAgreement.VMeasureOf([.. labels.Select(l => $"{l}")], [.. labels.Select(l => random.Uniform() < .7 ? l : random.Below(3))]);
        }).ToArray();
        double truth = samples.Average(s => s.Value);
        Assert.InRange(samples.Count(s => s.Low <= truth && truth <= s.High), 367, 393);
    }

    [Fact]
    public void VMeasureOf_TextsLeftOut_AgreesWithPlainLoops()
    {
        string[] labels = ["a", "a", "a", "b", "b", "b", "b", "c", "c", "c", "c", "c"];
        int[] groups = [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 0];
        var measured = ClusterAgreement.VMeasureOf(labels, groups);
        double[] without = [.. Enumerable.Range(0, 12).Select(left => ClusterAgreement.Of([.. labels.Where((_, i) => i != left)], [.. groups.Where((_, i) => i != left)]).VMeasure)];
        double half = StudentT.UpperQuantile(.025, 11) * Math.Sqrt(11.0 / 12 * without.Sum(w => Math.Pow(w - without.Average(), 2)));
        Assert.Equal(ClusterAgreement.Of(labels, groups).VMeasure, measured.Value, 1e-12);
        Assert.Equal(Math.Max(0, measured.Value - half), measured.Low!.Value, 1e-9);
        Assert.Equal(Math.Min(1, measured.Value + half), measured.High!.Value, 1e-9);
        Assert.Null(ClusterAgreement.VMeasureOf(labels[..9], groups[..9]).Low);
    }

    private static double PlainNormalisedAuc(double[] confidences, double[] qualities, int[] tieOrder)
    {
        double Area(double[] by)
        {
            int[] order = [.. tieOrder.OrderBy(i => by[i])];
            double area = 0;
            double last = 0;
            for (int r = 0; r < 10; r++)
            {
                int silent = Math.Min((int)Math.Round(r / 10.0 * order.Length), order.Length - 1);
                double mean = order[silent..].Average(i => qualities[i]);
                area += r == 0 ? 0 : (mean + last) / 20;
                last = mean;
            }

            return area;
        }

        double flat = qualities.Average() * .9;
        return (Area(confidences) - flat) / (Area(qualities) - flat);
    }

    private static ScoredPairs Pairs(int n, ulong seed, int steps)
    {
        double[] similarities = Draw(n, seed, steps);
        double[] noise = Draw(n, seed + 1000, 1000);
        bool[] matches = [.. similarities.Select((s, i) => i == 0 || (i > 1 && s + noise[i] > 1))];
        return new(similarities, matches);
    }

    private static double[] Draw(int n, ulong seed, int steps)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, n).Select(_ => random.Below(steps) / (double)steps)];
    }
}
