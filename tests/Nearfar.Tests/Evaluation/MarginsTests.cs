using Nearfar.Evaluation;
using Nearfar.Encoding;
using Nearfar.Vectors;
using Microsoft.Extensions.AI;
using Xunit;

namespace Nearfar.Tests.Evaluation;

public class MarginsTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public void AddTo_TwoPositivesTwoNegatives_GivesTheNumbersByHand()
    {
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        new Margins([.9, .5], [.5, .1]).AddTo(metrics, background: null, temperature: .5);
        Assert.Equal(.4, metrics["margin_mean"], 1e-12);
        Assert.Equal((0.0, 0.0), (metrics["margin_hard"], metrics["margin_below_zero"]));
        Assert.Equal(.5, metrics["triplet_accuracy"]);
        Assert.Equal(3.5 / 4, metrics["pair_auc"]);
        double Softmax(double p) => Math.Log(Math.Exp(p / .5) / (Math.Exp(p / .5) + Math.Exp(.5 / .5) + Math.Exp(.1 / .5)));
        Assert.Equal((Softmax(.9) + Softmax(.5)) / 2, metrics["log_softmax"], 1e-12);
        Assert.DoesNotContain("percentile_margin_mean", metrics.Keys);
        Assert.DoesNotContain("z_margin_mean", metrics.Keys);
    }

    [Fact]
    public void AddTo_TinyTemperature_StaysFinite()
    {
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        new Margins([-1], [1, 1]).AddTo(metrics, null, 1e-3);
        Assert.Equal(-2000 - Math.Log(2), metrics["log_softmax"], 1e-9);
        new Margins([1], [-1]).AddTo(metrics, null, 1e-3);
        Assert.Equal(0, metrics["log_softmax"]);
    }

    [Fact]
    public async Task EvaluateAsync_PercentileMargin_IsTheShareOfTheBackgroundBetween()
    {
        var (set, encoder) = TestSets.Noisy(60, 30, 9, noise: 2);
        var rows = await EncodedSet.EncodeAsync(encoder, set, 100, None);
        var background = Background.Draw(rows, set, new(), temperature: null)!;
        var report = await new Evaluator().EvaluateAsync(encoder, set, None);
        for (int q = 0; q < set.Queries.Count; q++)
        {
            var margins = Margins.Of(rows, set, q)!;
            double expected = background.ShareBelow(margins.Positives[0]) - margins.Negatives.Average(background.ShareBelow);
            Assert.Equal(expected, report.Queries.Single(r => r.Id == set.Queries[q].Id).Metrics["percentile_margin_mean"], 1e-12);
        }

        Assert.Equal(.5, background.ShareBelow(background.Scale.Q50), .01);
        Assert.Equal((0.0, 1.0), (background.ShareBelow(-2), background.ShareBelow(2)));
    }

    /// <summary>What compares spaces must not move when all similarities are stretched and shifted as another temperature would.</summary>
    [Fact]
    public async Task EvaluateAsync_SpaceWithACommonDirection_KeepsPortableMeasures()
    {
        var (set, encoder) = TestSets.Noisy(60, 30, 10, noise: 2);
        var plain = await new Evaluator().EvaluateAsync(encoder, set, None);
        var narrow = await new Evaluator().EvaluateAsync(new Narrowed(encoder), set, None);
        Assert.Equal(plain.Metrics["margin_mean"].Mean / 4, narrow.Metrics["margin_mean"].Mean, 1e-5);
        foreach (string metric in new[] { "z_margin_mean", "percentile_margin_mean", "percentile_margin_hard", "pair_auc", "triplet_accuracy", "ndcg@10" })
        {
            Assert.Equal(plain.Metrics[metric].Mean, narrow.Metrics[metric].Mean, 1e-3);
        }

        Assert.Equal(plain.Geometry!.Measures["pooled_auc"].Value, narrow.Geometry!.Measures["pooled_auc"].Value, 1e-3);
    }

    [Fact]
    public async Task EvaluateAsync_ModelThatTellsItsTemperature_HasItInTheScaleAndALogSoftmax()
    {
        var (set, encoder) = TestSets.Noisy(40, 20, 11);
        var report = await new Evaluator().EvaluateAsync(new Narrowed(encoder), set, None);
        Assert.Equal(.07, report.Scale!.Temperature);
        Assert.Equal(.07, report.Cohorts["page"]["new"].Scale!.Temperature);
        Assert.All(report.Queries, q => Assert.True(q.Metrics["log_softmax"] <= 0));
        var again = EvalReportJson.Parse(EvalReportJson.ToUtf8(report), "report.json");
        Assert.Equal(report.ComputeHash(), again.ComputeHash());
        Assert.Equal(.07, again.Scale!.Temperature);
        Assert.Null((await new Evaluator().EvaluateAsync(encoder, set, None)).Scale!.Temperature);
    }

    /// <summary>The same vectors with a common direction added: cosines become 3/4 + cosine / 4.</summary>
    private sealed class Narrowed(VectorEncoder inner) : IEncoder
    {
        public EmbeddingSpace Space { get; } = new("narrow");

        public int Dimensions => inner.Dimensions + 1;

        public double? Temperature => .07;

        public IEmbeddingGenerator<string, Embedding<float>> Queries => throw new NotSupportedException();

        public IEmbeddingGenerator<string, Embedding<float>> Documents => throw new NotSupportedException();

        public async ValueTask EncodeAsync(IReadOnlyList<string> texts, TextRole role, Memory<float> into, CancellationToken cancellationToken = default)
        {
            float[] rows = new float[texts.Count * inner.Dimensions];
            await inner.EncodeAsync(texts, role, rows, cancellationToken);
            for (int i = 0; i < texts.Count; i++)
            {
                for (int k = 0; k < inner.Dimensions; k++)
                {
                    into.Span[(i * Dimensions) + k] = rows[(i * inner.Dimensions) + k] / 2;
                }

                into.Span[(i * Dimensions) + inner.Dimensions] = MathF.Sqrt(.75f);
            }
        }
    }
}
