using MathNet.Numerics.LinearAlgebra;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Geometry;
using Nearfar.Pairs;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Evaluation.Geometry;

public class SpaceGeometryTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public void Spread_RandomRows_AgreesWithPlainLoops()
    {
        var sample = Cloud(40, 7, 3);
        var measures = Measures(sample);
        var (cosine, potential) = (0.0, 0.0);
        for (int i = 0; i < 40; i++)
        {
            for (int j = i + 1; j < 40; j++)
            {
                double square = 0;
                for (int k = 0; k < 7; k++)
                {
                    cosine += (double)sample[i][k] * sample[j][k] / 780;
                    square += Math.Pow((double)sample[i][k] - sample[j][k], 2);
                }

                potential += Math.Exp(-2 * square) / 780;
            }
        }

        Assert.Equal(cosine, measures[GeometryNames.Anisotropy].Value, 1e-12);
        Assert.Equal(Math.Log(potential), measures[GeometryNames.Uniformity].Value, 1e-6);      // rows are unit to float32
        AssertInside(measures.Values);
    }

    [Theory, InlineData(60, 5), InlineData(12, 30)]
    public void Spectrum_RandomRows_AgreesWithMathNetAndThePapersSteps(int n, int d)
    {
        var sample = Cloud(n, d, 4);
        var measures = Measures(sample);
        var x = Matrix<double>.Build.Dense(n, d, (i, j) => sample[i][j]);
        var raw = x.TransposeThisAndMultiply(x).Evd(Symmetricity.Symmetric).EigenVectors;
        for (int j = 0; j < d; j++)
        {
            double mean = x.Column(j).Average();
            x.SetColumn(j, x.Column(j).Subtract(mean));
        }

        double[] sigma = [.. x.Svd(false).S.Where(s => s > 1e-7)];
        double entropy = sigma.Sum(s => -s / sigma.Sum() * Math.Log(s / sigma.Sum()));
        Assert.Equal(Math.Exp(entropy), measures[GeometryNames.EffectiveRank].Value, 1e-9);
        double[] lambda = [.. Enumerable.Range(0, d).Select(i => i < sigma.Length ? sigma[i] * sigma[i] : 0)];
        double participation = Math.Pow(lambda.Sum(), 2) / lambda.Sum(l => l * l);
        Assert.Equal(participation, measures[GeometryNames.ParticipationRatio].Value, 1e-9);

        // IsoScore step by step: normalised variances, isotropy defect, rescaled share of dimensions.
        double norm = Math.Sqrt(lambda.Sum(l => l * l));
        double defect = Math.Sqrt(lambda.Sum(l => Math.Pow((l * Math.Sqrt(d) / norm) - 1, 2))) / Math.Sqrt(2 * (d - Math.Sqrt(d)));
        double phi = Math.Pow(d - (defect * defect * (d - Math.Sqrt(d))), 2) / (d * (double)d);
        Assert.Equal(((d * phi) - 1) / (d - 1), measures[GeometryNames.IsoScore].Value, 1e-9);

        if (n > d)
        {
            var sums = raw.EnumerateColumns().SelectMany(c => new[] { c, -c })
                .Select(c => sample.Average(row => Math.Exp(row.Select((v, i) => v * c[i]).Sum()))).ToArray();
            Assert.Equal(sums.Min() / sums.Max(), measures[GeometryNames.Isotropy].Value, 1e-9);
        }

        AssertInside(measures.Values);
    }

    [Fact]
    public void Spectrum_EvenCross_IsIsotropic()
    {
        float[][] cross = [.. Enumerable.Range(0, 8).Select(i => Enumerable.Range(0, 4).Select(k => k == i / 2 ? (i % 2 == 0 ? 1f : -1f) : 0).ToArray())];
        var measures = Measures(cross);
        Assert.Equal(4, measures[GeometryNames.EffectiveRank].Value, 1e-12);
        Assert.Equal(4, measures[GeometryNames.ParticipationRatio].Value, 1e-12);
        Assert.Equal(1, measures[GeometryNames.IsoScore].Value, 1e-12);
        Assert.Equal(1, measures[GeometryNames.Isotropy].Value, 1e-12);
        Assert.Equal(-1.0 / 7, measures[GeometryNames.Anisotropy].Value, 1e-12);
    }

    [Theory, InlineData(119, false), InlineData(120, true)]
    public void Spectrum_FewDocumentsADimension_HasNoInterval(int n, bool given)
    {
        var measures = Measures(Cloud(n, 6, 7));
        Assert.All(
            [GeometryNames.EffectiveRank, GeometryNames.ParticipationRatio, GeometryNames.IsoScore],
            name => Assert.Equal(given, measures[name].Low is not null && measures[name].High is not null));
        Assert.NotNull(measures[GeometryNames.Anisotropy].Low);
        Assert.Equal((null, null), (measures[GeometryNames.Isotropy].Low, measures[GeometryNames.Isotropy].High));
    }

    [Fact]
    public void AddTo_CollapsedSample_HasNoRankAndNoSpread()
    {
        var measures = Measures([.. Enumerable.Repeat(new[] { 0.6f, 0.8f }, 20)]);
        Assert.Equal(1, measures[GeometryNames.Anisotropy].Value, 1e-6);
        Assert.Equal(0, measures[GeometryNames.Uniformity].Value, 1e-6);
        Assert.DoesNotContain(GeometryNames.EffectiveRank, measures.Keys);
        Assert.DoesNotContain(GeometryNames.IsoScore, measures.Keys);
    }

    [Fact]
    public void AddTo_RotatedOrShuffledSample_HasTheSameShape()
    {
        var sample = Cloud(50, 6, 5);
        var turned = Measures([.. sample.Reverse().Select(r => new[] { -r[3], r[0], r[5], r[1], -r[2], r[4] })]);
        foreach (var (name, measure) in Measures(sample))
        {
            Assert.Equal(measure.Value, turned[name].Value, 1e-9);
            Assert.Equal(measure.High ?? 0, turned[name].High ?? 0, 1e-9);
        }
    }

    /// <summary>Of 200 samples of one cloud, the interval must hold the cloud's own figure about 95 % of the time.</summary>
    [Fact]
    public void AddTo_ManySamples_IntervalsCoverTheCloud()
    {
        var cloud = Cloud(3000, 6, 6);
        var truth = Measures(cloud);
        string[] names = [GeometryNames.Anisotropy, GeometryNames.Uniformity, GeometryNames.EffectiveRank, GeometryNames.ParticipationRatio, GeometryNames.IsoScore];
        var hits = names.ToDictionary(n => n, _ => 0);
        for (int repeat = 0; repeat < 200; repeat++)
        {
            var random = new SeededRandom((ulong)(900 + repeat));
            var sample = Measures([.. Enumerable.Range(0, 400).Select(_ => cloud[random.Below(3000)])]);
            foreach (string name in names)
            {
                hits[name] += truth[name].Value >= sample[name].Low && truth[name].Value <= sample[name].High ? 1 : 0;
            }
        }

        Assert.All(hits, h => Assert.True(h.Value is >= 178 and <= 200, $"{h.Key}: {h.Value} of 200"));
    }

    [Fact]
    public void Figures_Counts_AgreeWithPlainLoops()
    {
        int[] counts = [0, 0, 0, 1, 1, 2, 3, 9, 0, 4];
        double[] figures = HubCounts.Figures(counts, counts.Length, 2)!;
        double mean = counts.Average();
        double deviation = Math.Sqrt(counts.Average(c => Math.Pow(c - mean, 2)));
        Assert.Equal(counts.Average(c => Math.Pow((c - mean) / deviation, 3)), figures[0], 1e-12);
        Assert.Equal(.5 * counts.Sum(c => Math.Abs(c - mean)) / counts.Sum(), figures[1], 1e-12);
        Assert.Equal([.4, .2], figures[2..]);
        Assert.Null(HubCounts.Figures([], 5, 2));
        Assert.Equal([0.0, 0, 0, 0], HubCounts.Figures([1, 1, 1], 3, 2)!);
    }

    [Fact]
    public void PooledAuc_TiedScores_AgreesWithPlainLoops()
    {
        (IReadOnlyList<double>, IReadOnlyList<double>)[] queries = [([.9, .5], [.5, .1]), ([.4], [.4, .6]), ([.7], [.2]), ([.3], [.3])];
        double[] positives = [.9, .5, .4, .7, .3];
        double[] negatives = [.5, .1, .4, .6, .2, .3];
        double expected = positives.Average(p => negatives.Average(n => p > n ? 1 : p == n ? .5 : 0));
        var auc = QueryGeometry.PooledAuc(queries, [0, 1, 2, 2]);
        Assert.Equal(expected, auc.Value, 1e-12);
        Assert.Equal(4, auc.N);
        Assert.True(auc.Low < expected && auc.High >= expected);
    }

    [Fact]
    public async Task EvaluateAsync_Report_HoldsGeometryQuantilesAndCohortScales()
    {
        var (set, encoder) = TestSets.Noisy(200, 60, 8, noise: 2);
        var report = await new Evaluator().EvaluateAsync(encoder, set, None);
        var geometry = report.Geometry!;
        Assert.Equal((60, 1UL, 10), (geometry.Sample, geometry.Seed, geometry.HubDepth));
        Assert.Equal(12, geometry.Measures.Count);
        AssertInside(geometry.Measures.Values);
        int[] counts = [.. set.Corpus.Documents.Select(d => report.Queries.Count(q => q.Top.Any(t => t.Id == d.Id)))];
        Assert.Equal(counts.Count(c => c == 0) / 60.0, geometry.Measures[GeometryNames.AntiHubShare].Value, 1e-12);
        Assert.Equal([.. counts.Where(c => c >= 20).OrderDescending().Take(10)], geometry.Hubs.Select(h => h.Count));
        Assert.All(geometry.Hubs, h => Assert.Equal(h.Count, report.Queries.Count(q => q.Top.Any(t => t.Id == h.Id))));
        double alignment = report.Queries.Average(q => 2 - (2 * Similarity(encoder, q.Query, "text of " + q.Cluster)));
        Assert.Equal(alignment, geometry.Measures[GeometryNames.Alignment].Value, 1e-5);

        var scale = report.Cohorts["language"]["de"].Scale!;
        Assert.Equal(10_000, scale.Pairs);
        Assert.True(scale.Q01 < scale.Q50 && scale.Q50 < scale.Q99 && scale.Sigma > 0);
        var hard = report.Quantiles![MetricNames.MarginHard];
        double[] margins = [.. report.Queries.Select(q => q.Metrics[MetricNames.MarginHard]).Order()];
        Assert.Equal((margins[99] + margins[100]) / 2, hard["q50"].Value, 1e-12);
        Assert.True(hard["q05"].Value < hard["q10"].Value && hard["q10"].Value < hard["q50"].Value);
        Assert.True(hard["q10"].Low < hard["q10"].Value && hard["q10"].Value < hard["q10"].High);
        Assert.Equal(report.Metrics[MetricNames.MarginBelowZero], MarginQuantiles.ShareBelow(report, MetricNames.MarginHard, 0));
        Assert.Throws<NearfarException>(() => MarginQuantiles.ShareBelow(report, "nonsense", 0));
    }

    private static double Similarity(VectorEncoder encoder, string a, string b)
    {
        float[] rows = new float[2 * encoder.Dimensions];
        encoder.EncodeAsync([a, b], Nearfar.Encoding.TextRole.Query, rows, None).AsTask().GetAwaiter().GetResult();
        return Enumerable.Range(0, encoder.Dimensions).Sum(i => (double)rows[i] * rows[encoder.Dimensions + i]);
    }

    private static SortedDictionary<string, Estimate> Measures(IReadOnlyList<float[]> sample)
    {
        var measures = new SortedDictionary<string, Estimate>(StringComparer.Ordinal);
        Spread.AddTo(measures, sample);
        Spectrum.AddTo(measures, sample);
        return measures;
    }

    /// <summary>Unit rows off the centre, some directions wider than others.</summary>
    private static float[][] Cloud(int n, int d, ulong seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, n).Select(_ =>
        {
            double[] row = [.. Enumerable.Range(0, d).Select(k => (random.Bell() / (1 + (.3 * k))) + (k == 0 ? .7 : 0))];
            double length = Math.Sqrt(row.Sum(v => v * v));
            return Array.ConvertAll(row, v => (float)(v / length));
        })];
    }

    private static void AssertInside(IEnumerable<Estimate> estimates) =>
        Assert.All(estimates, e => Assert.True((e.Low ?? e.Value) <= e.Value && e.Value <= (e.High ?? e.Value) && double.IsFinite(e.Value), e.ToString()));
}
