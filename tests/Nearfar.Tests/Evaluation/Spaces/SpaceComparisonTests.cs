using MathNet.Numerics.LinearAlgebra;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Spaces;
using Nearfar.Evaluation.Statistics;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Evaluation.Spaces;

public class SpaceComparisonTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_OneModelTwice_IsTheSameEverywhere()
    {
        var (set, encoder) = TestSets.Noisy(60, 30, 1);
        var report = await new Evaluator().EvaluateAsync(encoder, set, None);
        var comparison = new SpaceComparison(report, report);
        Assert.False(comparison.AreDifferent);
        Assert.Equal((10, 60), (comparison.K, comparison.Questions));
        Assert.Equal((1.0, 0.0), (comparison.Overlap.Mean, comparison.TopChurn.Mean));
        Assert.Equal(1, comparison.RankBiasedOverlap.Mean, 1e-12);
        Assert.Equal(1, comparison.KendallTau!.Mean, 1e-12);
        // Equal lists of 60 questions about 30 documents prove no more than so many can.
        double quantile = Normal.UpperQuantile(0.025) * StudentT.UpperQuantile(0.025, 29) / StudentT.UpperQuantile(0.025, 59);
        Assert.Equal(30 / (30 + (quantile * quantile)), comparison.Overlap.Low!.Value, 1e-12);
        Assert.Equal(1, comparison.Overlap.High);
        Assert.True(comparison.Overlap.FewEvents && comparison.TopChurn.FewEvents && comparison.KendallTau.FewEvents);
        Assert.Equal(0, comparison.Hubs.Moved);
        Assert.Empty(comparison.Hubs.Documents);
    }

    [Fact]
    public async Task Of_TwoSpaces_AgreesWithPlainLoops()
    {
        var (before, after) = await TwoReportsAsync();
        var comparison = new SpaceComparison(before, after, 5);
        Assert.True(comparison.AreDifferent);
        var (overlap, churn, tau, withTau) = (0.0, 0.0, 0.0, 0);
        for (int q = 0; q < before.Queries.Count; q++)
        {
            string[] a = [.. before.Queries[q].Top.Take(5).Select(d => d.Id)];
            string[] b = [.. after.Queries[q].Top.Take(5).Select(d => d.Id)];
            overlap += a.Count(b.Contains) / 5.0;
            churn += a[0] == b[0] ? 0 : 1;
            string[] both = [.. a.Where(b.Contains)];
            if (both.Length > 1)
            {
                int sum = 0;
                for (int i = 0; i < both.Length; i++)
                {
                    for (int j = i + 1; j < both.Length; j++)
                    {
                        sum += Array.IndexOf(b, both[i]) < Array.IndexOf(b, both[j]) ? 1 : -1;
                    }
                }

                tau += 2.0 * sum / (both.Length * (both.Length - 1));
                withTau++;
            }
        }

        int n = before.Queries.Count;
        Assert.Equal(overlap / n, comparison.Overlap.Mean, 1e-12);
        Assert.Equal(churn / n, comparison.TopChurn.Mean, 1e-12);
        Assert.Equal(tau / withTau, comparison.KendallTau!.Mean, 1e-12);
        Assert.Equal(withTau, comparison.KendallTau.N);
        Assert.All(new[] { comparison.Overlap, comparison.TopChurn, comparison.RankBiasedOverlap, comparison.KendallTau }, m => Assert.True(m.Low < m.Mean && m.Mean < m.High, m.ToString()));
        Assert.All(comparison.Hubs.Documents, d => Assert.Equal(d.After - d.Before,
            after.Queries.Count(q => q.Top.Take(5).Any(t => t.Id == d.Id)) - before.Queries.Count(q => q.Top.Take(5).Any(t => t.Id == d.Id))));
        Assert.InRange(comparison.Hubs.Moved, .01, 1);
        Assert.Contains("keep 10", Assert.Throws<NearfarException>(() => new SpaceComparison(before, after, 11)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RankBiasedOverlap_LongLists_IsTheDefinition()
    {
        string[] a = [.. Enumerable.Range(0, 400).Select(i => $"{i}")];
        int[] places = [.. Enumerable.Range(0, 400)];
        new SeededRandom(4).Shuffle(places.AsSpan(0, 30));
        string[] b = [.. places.Select(i => $"{i}")];
        double sum = 0;
        for (int d = 1; d <= 400; d++)
        {
            sum += .1 * Math.Pow(.9, d - 1) * a.Take(d).Intersect(b.Take(d)).Count() / d;
        }

        Assert.Equal(sum, NeighbourLists.RankBiasedOverlap(a, b, .9), 1e-12);
        Assert.Equal(0, NeighbourLists.RankBiasedOverlap(["a", "b"], ["c", "d"], .9));
        Assert.Equal(1, NeighbourLists.RankBiasedOverlap(["a", "b"], ["a", "b"], .9), 1e-12);
        Assert.Equal(1, NeighbourLists.RankBiasedOverlap(["a", "b", "c"], ["a", "b"], .9), 1e-12);      // as far as the shorter tells
        Assert.Equal(NeighbourLists.RankBiasedOverlap(["a", "x", "c"], ["x", "a"], .9), NeighbourLists.RankBiasedOverlap(["x", "a"], ["a", "x", "c"], .9), 1e-12);
        // Two of three: (1 - p)(0 + p 2/2 + p² 2/3) + p³ 2/3
        Assert.Equal((.1 * (.9 + (.81 * 2 / 3))) + (.729 * 2 / 3), NeighbourLists.RankBiasedOverlap(["a", "b", "c"], ["b", "a", "d"], .9), 1e-12);
    }

    [Fact]
    public void KendallTau_TiedScores_IsTauB()
    {
        RankedDocument[] a = [new("a", 3), new("b", 2), new("c", 2), new("d", 1)];
        RankedDocument[] b = [new("b", 9), new("a", 8), new("d", 7), new("c", 7), new("z", 1)];
        // pairs ab -, ac +, ad +, bc tied, bd +, cd tied in b: agree 2, ordered 5 and 5
        Assert.Equal(2.0 / 5, NeighbourLists.KendallTau(a, b)!.Value, 1e-12);
        Assert.Null(NeighbourLists.KendallTau(a, [new("a", 1)]));
        Assert.Null(NeighbourLists.KendallTau(a, [new("a", 1), new("b", 1)]));
    }

    [Fact]
    public void VectorComparison_RotatedMirroredScaledSpace_IsTheSameShape()
    {
        var x = Set("x", 80, 6, 3);
        var rows = Rows.Allocate<float>(80, 6);
        for (int i = 0; i < 80; i++)
        {
            float[] r = x.Rows[i].ToArray();
            new[] { -r[3], r[0], r[5], r[1], -r[2], r[4] }.CopyTo(rows[i]);
        }

        var comparison = new VectorComparison(x, new VectorSet(new EmbeddingSpace("y"), x.Ids, rows));
        Assert.Equal((80, "x", "y"), (comparison.Shared, comparison.Before.Id, comparison.After.Id));
        double quantile = Normal.UpperQuantile(0.025);
        Assert.Equal(80 / (80 + (quantile * quantile)), comparison.Overlap.Low!.Value, 1e-12);       // what eighty equal lists can prove
        Assert.Equal(0, comparison.Procrustes!.Value, 1e-9);
        Assert.Equal(1, comparison.Cka!.Value, 1e-9);
        Assert.Equal(1, comparison.DebiasedCka!.Value, 1e-9);
        Assert.True(comparison.Overlap.Value > .98);       // float32 sums in another order may turn a tie
        Assert.True(comparison.TopChurn.Value < .03);
    }

    [Theory, InlineData(60, 5, 8), InlineData(20, 30, 12)]
    public void VectorComparison_AnySpaces_AgreesWithMathNet(int n, int d1, int d2)
    {
        var a = Set("a", n, d1, 5);
        var b = Set("b", n, d2, 6);
        var comparison = new VectorComparison(a, b, 5);
        var x = Centred(a);
        var y = Centred(b);
        double cross = Math.Pow(y.TransposeThisAndMultiply(x).FrobeniusNorm(), 2);
        double cka = cross / (x.TransposeThisAndMultiply(x).FrobeniusNorm() * y.TransposeThisAndMultiply(y).FrobeniusNorm());
        Assert.Equal(cka, comparison.Cka!.Value, 1e-7);      // rows are made unit anew, in float32
        double nuclear = x.TransposeThisAndMultiply(y).Svd(false).S.Sum() / (x.FrobeniusNorm() * y.FrobeniusNorm());
        Assert.Equal(1 - (nuclear * nuclear), comparison.Procrustes!.Value, 1e-7);
        double Hsic(Matrix<double> p, Matrix<double> q)
        {
            var k = p * p.Transpose();
            var l = q * q.Transpose();
            k.SetDiagonal(new double[n]);
            l.SetDiagonal(new double[n]);
            var one = Vector<double>.Build.Dense(n, 1);
            return ((k * l).Trace() + ((one * k * one) * (one * l * one) / ((n - 1.0) * (n - 2))) - (2 / (n - 2.0) * (one * (k * l) * one))) / (n * (n - 3.0));
        }

        Assert.Equal(Hsic(x, y) / Math.Sqrt(Hsic(x, x) * Hsic(y, y)), comparison.DebiasedCka!.Value, 1e-6);
    }

    [Fact]
    public void VectorComparison_UnrelatedSpacesOfManyDimensions_OnlyDebiasedIsNearZero()
    {
        var comparison = new VectorComparison(Set("a", 60, 200, 7), Set("b", 60, 200, 8));
        // Unrelated Gram matrices meet in their traces: about the participation ratio, 18 here, over the number of texts.
        Assert.InRange(comparison.Cka!.Value, .2, .4);
        Assert.InRange(comparison.DebiasedCka!.Value, -.1, .1);
        Assert.InRange(comparison.Overlap.Value, .05, .35);
        Assert.True(comparison.TopChurn.Value > .8);
    }

    [Fact]
    public void VectorComparison_ShuffledIdsAndZeroRows_AreMatchedById()
    {
        var a = Set("a", 40, 6, 9);
        string[] ids = [.. a.Ids.Reverse()];
        var rows = Rows.Allocate<float>(40, 6);
        for (int i = 0; i < 40; i++)
        {
            a.Rows[39 - i].CopyTo(rows[i]);
        }

        rows[0].Clear();
        var comparison = new VectorComparison(a, new VectorSet(new EmbeddingSpace("b"), ids, rows));
        Assert.Equal((39, 1.0, 0.0), (comparison.Shared, comparison.Overlap.Value, comparison.TopChurn.Value));
        var error = Assert.Throws<NearfarException>(() => new VectorComparison(a, new VectorSet(new EmbeddingSpace("b"), [.. ids.Select(i => "other " + i)], rows)));
        Assert.Contains("space a", error.Message, StringComparison.Ordinal);
        Assert.Contains("space b", error.Message, StringComparison.Ordinal);
        Assert.Contains("nearfar embed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void VectorComparison_CollapsedSpace_HasNoShape()
    {
        var a = Set("a", 20, 4, 1);
        var rows = Rows.Allocate<float>(20, 4);
        for (int i = 0; i < 20; i++)
        {
            rows[i][0] = 1;
        }

        var comparison = new VectorComparison(a, new VectorSet(new EmbeddingSpace("flat"), a.Ids, rows));
        Assert.Null(comparison.Procrustes);
        Assert.Null(comparison.Cka);
    }

    internal static async Task<(EvalReport Before, EvalReport After)> TwoReportsAsync()
    {
        var (set, encoder) = TestSets.Noisy(90, 40, 2, noise: 2);
        var before = await new Evaluator().EvaluateAsync(encoder, set, None);
        var other = new VectorEncoder(16, "other-space");
        float[] row = new float[16];
        var random = new SeededRandom(12);
        foreach (string text in set.Queries.Select(q => q.Query).Concat(set.Corpus.Documents.Select(d => d.Content)))
        {
            await encoder.EncodeAsync([text], Nearfar.Encoding.TextRole.Query, row, None);
            other.Add(text, [.. row.Select(v => v + (.15f * random.Bell()))]);
        }

        return (before, await new Evaluator().EvaluateAsync(other, set, None));
    }

    private static VectorSet Set(string space, int n, int d, ulong seed)
    {
        var random = new SeededRandom(seed);
        var rows = Rows.Allocate<float>(n, d);
        for (int i = 0; i < n; i++)
        {
            double[] row = [.. Enumerable.Range(0, d).Select(k => (double)random.Bell() / (1 + (.1 * k)))];
            double length = Math.Sqrt(row.Sum(v => v * v));
            Array.ConvertAll(row, v => (float)(v / length)).CopyTo(rows[i]);
        }

        return new VectorSet(new EmbeddingSpace(space), [.. Enumerable.Range(0, n).Select(i => $"t{i:000}")], rows);
    }

    private static Matrix<double> Centred(VectorSet set)
    {
        var x = Matrix<double>.Build.Dense(set.Rows.Count, set.Rows.Dimensions, (i, j) => set.Rows[i][j]);
        for (int j = 0; j < x.ColumnCount; j++)
        {
            x.SetColumn(j, x.Column(j).Subtract(x.Column(j).Average()));
        }

        return x;
    }
}
