using Nearfar.Evaluation.Spaces;
using Nearfar.Evaluation.Statistics;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Evaluation.Spaces;

public class ThresholdTransferTests
{
    private static readonly EmbeddingSpace Old = new("old");
    private static readonly EmbeddingSpace New = new("new");

    [Fact]
    public void Exact_StretchedAndShiftedSpace_StretchesAndShiftsTheThreshold()
    {
        double[] scores = Draw(500, 1);
        double[] other = [.. scores.Select(s => (3 * s) + 7)];
        foreach (double t in new[] { -.3, 0, .1, .8 })
        {
            var transfer = ThresholdTransfer.Exact(t, new(Old, scores), new(New, other));
            Assert.Equal((3 * t) + 7, transfer.Value, 1e-9);
            Assert.True(transfer.Low < transfer.Value && transfer.Value < transfer.High);
            Assert.Equal(scores.Count(s => s >= t), other.Count(s => s >= transfer.Value));
            Assert.Equal(scores.Count(s => s >= t) / 500.0, transfer.AcceptRate);
        }
    }

    [Fact]
    public void Exact_ThresholdBeyondTheScores_SaysThatItIsUnbounded()
    {
        var from = new ScoreSample(Old, [.1, .2, .3]);
        var to = new ScoreSample(New, [.5, .6, .7]);
        var none = ThresholdTransfer.Exact(.9, from, to);
        Assert.True(none.Value > .7 && none.Value < .7001);      // accepts none either
        Assert.Null(none.High);
        var all = ThresholdTransfer.Exact(0, from, to);
        Assert.Equal(.5, all.Value);
        Assert.Null(all.Low);
    }

    [Fact]
    public void Exact_SmallSamples_HoldsWhatFishersTestCannotReject()
    {
        double[] a = Draw(12, 3);
        double[] b = Draw(9, 4);
        var transfer = ThresholdTransfer.Exact(.2, new(Old, a), new(New, b), .9);
        double[] sorted = [.. b.OrderDescending()];
        var kept = Enumerable.Range(0, 10).Where(j => !IsRejected(a.Count(s => s >= .2), 12, j, 9, .05)).ToArray();
        Assert.Equal(kept[0] == 0 ? null : sorted[kept[0] - 1], transfer.High);
        Assert.Equal(kept[^1] == 9 ? null : sorted[kept[^1]], transfer.Low);
    }

    [Theory, InlineData(5, 10, 8, 30), InlineData(0, 4, 2, 9), InlineData(3, 7, 7, 14), InlineData(40, 100, 90, 220)]
    public void UpperTail_AgreesWithSummedBinomials(int k, int group, int marked, int all)
    {
        double sum = 0;
        for (int x = k; x <= Math.Min(group, marked); x++)
        {
            sum += Math.Exp(LogChoose(marked, x) + LogChoose(all - marked, group - x) - LogChoose(all, group));
        }

        Assert.Equal(k <= Math.Max(0, group + marked - all) ? 1 : sum, Hypergeometric.UpperTail(k, group, marked, all), 1e-11);
    }

    /// <summary>Two spaces of known scale, 1,000 times: the interval must hold the true threshold at least 95 % of the time, and not always.</summary>
    [Fact]
    public void Exact_ManyDraws_CoversTheTrueThreshold()
    {
        int held = 0;
        for (int repeat = 0; repeat < 1000; repeat++)
        {
            double[] a = Draw(200, 1000UL + (ulong)repeat);
            double[] b = [.. Draw(150, 9000UL + (ulong)repeat).Select(s => (2 * s) + 1)];
            var transfer = ThresholdTransfer.Exact(.5, new(Old, a), new(New, b));
            held += (transfer.Low is null || transfer.Low <= 2) && (transfer.High is null || transfer.High >= 2) ? 1 : 0;
        }

        Assert.InRange(held, 945, 996);
    }

    /// <summary>400 sets of 60 pages with four questions: 95 % of 400 is 380, three deviations 13.</summary>
    [Fact]
    public void Paired_ClusteredScores_CoversTheTrueThreshold()
    {
        int held = 0;
        for (int repeat = 0; repeat < 400; repeat++)
        {
            var random = new SeededRandom(500UL + (ulong)repeat);
            var (a, b, clusters) = (new List<double>(), new List<double>(), new List<string>());
            for (int c = 0; c < 60; c++)
            {
                double page = random.Bell();
                for (int i = 0; i < 4; i++)
                {
                    a.Add(page + (.3 * random.Bell()));
                    b.Add((.1 * (page + (.3 * random.Bell()))) + .6);
                    clusters.Add($"page {c}");
                }
            }

            var transfer = ThresholdTransfer.Paired(.5, new(Old, a, clusters), new(New, b, clusters));
            held += transfer.Low <= .65 && transfer.High >= .65 ? 1 : 0;
        }

        Assert.InRange(held, 367, 393);
    }

    /// <summary>Every second of 20 scores is let through, and the new ones are the old ones in reverse: each page of the one kind leans one way, each of the other the other way.</summary>
    [Fact]
    public void Paired_ReversedScores_EndsWhereMcNemarDoes()
    {
        double[] old = [.. Enumerable.Range(1, 20).Select(i => (double)i)];
        double[] now = [.. old.Reverse()];
        string[] pages = [.. old.Select(i => $"page {i}")];
        var transfer = ThresholdTransfer.Paired(10.5, new(Old, old, pages), new(New, now, pages));

        // Of now's first m, those with an old score up to 10 are let through only now; of the old ten those that are not among them only before.
        double Statistic(int m) => (10 - m) / Math.Sqrt(m <= 10 ? 10 + m : 30 - m);
        double Middle(int m) => (Statistic(m - 1) + Statistic(m)) / 2;
        double z = Normal.UpperQuantile(.025);
        int first = Enumerable.Range(1, 20).First(m => Middle(m) <= z);
        double high = 22 - first - ((Middle(first - 1) - z) / (Middle(first - 1) - Middle(first)));
        Assert.Equal(high, transfer.High!.Value, 1e-9);
        Assert.Equal(21 - high, transfer.Low!.Value, 1e-9);
        Assert.Contains("paired", transfer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Paired_ThresholdThatFewPass_HasNoUpperEnd()
    {
        double[] old = [.. Enumerable.Range(1, 30).Select(i => (double)i)];
        string[] pages = [.. old.Select(i => $"page {i}")];
        var transfer = ThresholdTransfer.Paired(27.5, new(Old, old, pages), new(New, old, pages));
        Assert.Null(transfer.High);         // three pages that were let through and none now: not yet more than chance
        Assert.InRange(transfer.Low!.Value, 15, 27.5);
    }

    [Fact]
    public void Transfer_WhatCannotBe_IsRefused()
    {
        var good = new ScoreSample(Old, [.1, .2]);
        Assert.Throws<ArgumentException>(() => ThresholdTransfer.Exact(double.NaN, good, good));
        Assert.Throws<ArgumentException>(() => ThresholdTransfer.Exact(0, good, good, 1));
        Assert.Throws<ArgumentException>(() => new ScoreSample(Old, [.1], ["a", "b"]));
        Assert.Contains("old", Assert.Throws<NearfarException>(() => new ScoreSample(Old, [])).Message, StringComparison.Ordinal);
        Assert.Throws<NearfarException>(() => new ScoreSample(Old, [double.NaN]));
        var clustered = new ScoreSample(New, [.1, .2], ["a", "a"]);
        Assert.Contains("Paired", Assert.Throws<NearfarException>(() => ThresholdTransfer.Exact(0, good, clustered)).Message, StringComparison.Ordinal);
        Assert.Contains("same clusters", Assert.Throws<NearfarException>(() => ThresholdTransfer.Paired(0, clustered, clustered)).Message, StringComparison.Ordinal);
        Assert.Contains("no clusters", Assert.Throws<NearfarException>(() => ThresholdTransfer.Paired(0, good, clustered)).Message, StringComparison.Ordinal);
    }

    private static bool IsRejected(int k, int n, int j, int m, double alpha)
    {
        double Tail(int least, int group, int other) => Enumerable.Range(least, Math.Max(0, Math.Min(group, k + j) - least + 1)).Where(x => k + j - x <= other)
            .Sum(x => Math.Exp(LogChoose(group, x) + LogChoose(other, k + j - x) - LogChoose(n + m, k + j)));
        return Tail(k, n, m) <= alpha || Tail(j, m, n) <= alpha;
    }

    private static double LogChoose(int n, int k)
    {
        double sum = k < 0 || k > n ? double.NegativeInfinity : 0;
        for (int i = 1; i <= k && k <= n; i++)
        {
            sum += Math.Log((n - k + i) / (double)i);
        }

        return sum;
    }

    private static double[] Draw(int n, ulong seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, n).Select(_ => (double)random.Bell() + (random.Uniform() * 1e-9))];
    }
}
