using Nearfar.Evaluation;
using Nearfar.Evaluation.Geometry;
using Nearfar.Evaluation.Statistics;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Evaluation.Geometry;

public class HubnessTests
{
    /// <summary>A question a page, a page a group: three quarters of the jackknife's variance, written out.</summary>
    [Fact]
    public void AddTo_QuestionsOfTheirOwn_AgreesWithPlainLoops()
    {
        int[][] found = Found(40, 60);
        var measures = Measures(found, 60);
        double[] Figures(int except) => HubCounts.Figures(found.Where((_, q) => q != except).SelectMany(f => f).CountBy(d => d).Select(c => c.Value), 60, 3)!;
        double[] whole = Figures(-1);
        double Half(int m)
        {
            double[] without = [.. Enumerable.Range(0, 40).Select(q => Figures(q)[m])];
            return StudentT.UpperQuantile(.025, 39) * Math.Sqrt(.75 * 39 / 40 * without.Sum(w => Math.Pow(w - without.Average(), 2)));
        }

        var gini = measures[GeometryNames.HubRobinHood];
        Assert.Equal(whole[1] - Half(1), gini.Low!.Value, 1e-9);
        Assert.Equal(whole[1] + Half(1), gini.High!.Value, 1e-9);
        var skew = measures[GeometryNames.HubSkew];
        Assert.Equal(Math.Asinh(skew.High!.Value) - Math.Asinh(skew.Value), Math.Asinh(skew.Value) - Math.Asinh(skew.Low!.Value), 1e-9);
        Assert.Equal(Half(0) / Math.Sqrt(1 + (whole[0] * whole[0])), Math.Asinh(skew.High.Value) - Math.Asinh(skew.Value), 1e-9);
    }

    /// <summary>Every document is found, none often: no share of documents that the sample could bound, where it said 0 to 0.</summary>
    [Fact]
    public void AddTo_NoDocumentWithTheProperty_HasNoInterval()
    {
        int[][] found = [.. Enumerable.Range(0, 40).Select(q => new[] { q % 20, (q + 1) % 20, (q + 7) % 20 })];
        var measures = Measures(found, 20);
        Assert.Equal((0.0, null, null), (measures[GeometryNames.AntiHubShare].Value, measures[GeometryNames.AntiHubShare].Low, measures[GeometryNames.AntiHubShare].High));
        Assert.Equal((1.0, null, null), (measures[GeometryNames.HubShare].Value, measures[GeometryNames.HubShare].Low, measures[GeometryNames.HubShare].High));       // each six times, twice k
    }

    private static int[][] Found(int questions, int documents)
    {
        var random = new SeededRandom(9);
        return [.. Enumerable.Range(0, questions).Select(_ => Enumerable.Range(0, 12).Select(_ => Math.Min(random.Below(documents), random.Below(documents))).Distinct().Take(3).ToArray())];
    }

    private static SortedDictionary<string, Estimate> Measures(int[][] found, int documents)
    {
        var measures = new SortedDictionary<string, Estimate>(StringComparer.Ordinal);
        Hubness.AddTo(measures, found, [.. found.Select((_, q) => $"page {q}")], documents, 3, 1);
        return measures;
    }
}
