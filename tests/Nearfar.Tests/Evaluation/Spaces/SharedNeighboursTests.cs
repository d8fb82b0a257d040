using Nearfar.Evaluation.Spaces;
using Nearfar.Evaluation.Statistics;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Evaluation.Spaces;

public class SharedNeighboursTests
{
    /// <summary>Six texts in two groups of three that are each other's neighbours and alike: worth two.</summary>
    [Fact]
    public void Mean_TextsOfTwoGroups_CountsTheGroups()
    {
        string[] ids = ["a", "b", "c", "d", "e", "f"];
        string[][] lists = [["b", "c"], ["a", "c"], ["a", "b"], ["e", "f"], ["d", "f"], ["d", "e"]];
        double?[] values = [.2, .2, .2, .8, .8, .8];
        var mean = new SharedNeighbours(ids, lists, lists).Mean(values, 0)!;

        // Each text's neighbours, itself among them, deviate by three times .3; unlike texts would by the variance .108 times 3 (1 - 3 / 6).
        double effect = 6 * .81 / (.108 * 6 * 3 * .5);
        var expected = ScoreInterval.Of([.2, .2, .2, .8, .8, .8], 0, 1, effect, Normal.UpperQuantile(.025));
        Assert.Equal(expected.Low, mean.Low!.Value, 1e-9);
        Assert.Equal(expected.High, mean.High!.Value, 1e-9);
        Assert.Null(new SharedNeighbours(ids, lists, lists).Mean(new double?[6], 0));
    }

    /// <summary>300 samples of 100 texts in ten groups: 95 % is 285, three deviations 11; texts taken as independent held it 259 times.</summary>
    [Fact]
    public void RankBiasedOverlap_ManySamples_HoldsTheirMean()
    {
        var groups = new SeededRandom(7);
        float[][] centres = [.. Enumerable.Range(0, 10).Select(_ => Enumerable.Range(0, 16).Select(_ => groups.Bell()).ToArray())];
        var samples = Enumerable.Range(0, 300).Select(repeat =>
        {
            var random = new SeededRandom(40UL + (ulong)repeat);
            float[][] before = [.. Enumerable.Range(0, 100).Select(_ => centres[random.Below(10)].Select(c => c + (.6f * random.Bell())).ToArray())];
            float[][] after = [.. before.Select(r => r.Select(v => v + (.35f * random.Bell())).ToArray())];
            return new VectorComparison(Set("before", before), Set("after", after)).RankBiasedOverlap;
        }).ToArray();
        double truth = samples.Average(s => s.Value);
        Assert.InRange(samples.Count(s => s.Low <= truth && truth <= s.High), 274, 296);
    }

    private static VectorSet Set(string space, float[][] rows) =>
        new(new EmbeddingSpace(space), [.. rows.Select((_, i) => $"{i}")], new Rows<float>(rows.SelectMany(r => r).ToArray(), rows.Length, 16, 16));
}
