using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Vectors;
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
        var queries = Rows.Allocate<float>(set.Queries.Count, encoder.Dimensions);
        var documents = Rows.Allocate<float>(set.Corpus.Count, encoder.Dimensions);
        await encoder.EncodeAsync([.. set.Queries.Select(q => q.Query)], TextRole.Query, queries.Data, none);
        await encoder.EncodeAsync([.. set.Corpus.Documents.Select(d => d.Content)], TextRole.Document, documents.Data, none);
        var quality = new HeldOutMeasure(set).Measure(queries, documents, none);
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
        var quality = new HeldOutMeasure(set).Measure(Row(1, 0), Row(1, 0), TestContext.Current.CancellationToken);
        Assert.Null(quality.Overall.MarginMean);
        Assert.Equal(0, quality.Overall.WithMargin);
        Assert.Equal(1, quality.Overall.Ndcg10);
    }

    private static Rows<float> Row(params float[] row) => new(row, 1, row.Length, row.Length);

    [Fact]
    public void Measure_NaN_Throws()
    {
        var set = TestSets.Dev([TestSets.Document("a")], [TestSets.Query("q", "a")]);
        Assert.Throws<NearfarException>(() => new HeldOutMeasure(set).Measure(Row(float.NaN, 0), Row(1, 0), TestContext.Current.CancellationToken));
    }
}
