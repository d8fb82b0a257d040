using Nearfar.Encoding;
using Nearfar.Evaluation;
using Xunit;

namespace Nearfar.Tests.Evaluation;

public class HeldOutMeasureTests
{
    [Fact]
    public async Task Measure_AnyVectors_EqualsTheReport()
    {
        var none = TestContext.Current.CancellationToken;
        var (gate, encoder) = TestSets.Noisy(90, 30, 9, noise: 2);
        var set = TestSets.Dev(gate.Corpus.Documents, gate.Queries);
        var report = await new Evaluator().EvaluateAsync(encoder, set, none);
        float[] queries = new float[set.Queries.Count * encoder.Dimensions];
        float[] documents = new float[set.Corpus.Count * encoder.Dimensions];
        await encoder.EncodeAsync([.. set.Queries.Select(q => q.Query)], TextRole.Query, queries, none);
        await encoder.EncodeAsync([.. set.Corpus.Documents.Select(d => d.Content)], TextRole.Document, documents, none);
        var quality = new HeldOutMeasure(set, 2).Measure(queries, documents, encoder.Dimensions, none);
        Assert.Equal(report.Metrics["ndcg@10"].Mean, quality.Overall.Ndcg10);
        Assert.Equal(report.Metrics["recall@5"].Mean, quality.Overall.Recall5);
        Assert.Equal(report.Metrics["margin_mean"].Mean, quality.Overall.MarginMean);
        Assert.Equal(report.Metrics["margin_hard"].Mean, quality.Overall.MarginHard);
        foreach (var (value, means) in quality.Cohorts["language"])
        {
            Assert.Equal(report.Cohorts["language"][value].Metrics["ndcg@10"].Mean, means.Ndcg10);
            Assert.Equal(report.Cohorts["language"][value].N, means.N);
        }
    }

    [Fact]
    public void Measure_NoNegatives_HasNoMarginRatherThanZero()
    {
        var set = TestSets.Dev([TestSets.Document("a")], [TestSets.Query("q", "a")]);
        var quality = new HeldOutMeasure(set, 1).Measure(new float[] { 1, 0 }, new float[] { 1, 0 }, 2, TestContext.Current.CancellationToken);
        Assert.Null(quality.Overall.MarginMean);
        Assert.Equal(0, quality.Overall.WithMargin);
        Assert.Equal(1, quality.Overall.Ndcg10);
    }

    [Fact]
    public void Measure_NaN_Throws()
    {
        var set = TestSets.Dev([TestSets.Document("a")], [TestSets.Query("q", "a")]);
        Assert.Throws<NearfarException>(() => new HeldOutMeasure(set, 1).Measure(new float[] { float.NaN, 0 }, new float[] { 1, 0 }, 2, TestContext.Current.CancellationToken));
    }
}
