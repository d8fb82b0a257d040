using Nearfar.Evaluation.Similarity;
using Nearfar.Pairs;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Evaluation.Similarity;

public sealed class MarginTableTests : IDisposable
{
    private static readonly EmbeddingSpace s_space = new("nfx-00000000000000aa");
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    private RowSet<Pair> Rows(params string[] lines)
    {
        File.WriteAllLines(_file, lines);
        return PairFile.Read(_file);
    }

    [Fact]
    public async Task EvaluateAsync_VersionsAndCohorts_MeansByHand()
    {
        var metric = new EmbeddingSimilarity(new TableGenerator().With("p", 1, 0).With("p2", .8f, .6f).With("n", 0, 1).With("q1", 1, 0).With("q2", .6f, .8f), s_space);
        var table = await MarginTable.EvaluateAsync(metric, Rows(
            """{"query":"q1","positive_chunk":["p","p2"],"hard_negative_chunk":"n","embedding_model_version":"v7","cohorts":{"language":"de"}}""",
            """{"anchor":"q2","positive":"p","negative":"n","embedding_model_version":"v7","cohorts":{"language":"en"}}""",
            """{"question":"q1","answer":"p","embedding_model_version":"v8"}""",
            """{"query":"q1","positive_chunk":"p","hard_negative_chunk":"n"}"""), null, None);

        Assert.Equal([(null, null), ("v7", null), ("v7", "de"), ("v7", "en"), ("v8", null)],
            table.Lines.Where(l => l.Attribute is null || l.Version is "v7").Select(l => (l.Version, l.Value)));
        var all = table.Lines.Single(l => l is { Version: "v7", Attribute: null });
        Assert.Equal((2, 0, 0), (all.N, all.WithoutNegative, all.Errors));
        Assert.Equal((.9 + (.6 - .8)) / 2, all.Metrics["margin_mean"].Mean, 1e-6);
        Assert.Equal((.8 + (.6 - .8)) / 2, all.Metrics["margin_hard"].Mean, 1e-6);
        Assert.Equal(.5, all.Metrics["margin_below_zero"].Mean);
        Assert.Null(all.Metrics["margin_mean"].Low);
        var v8 = table.Lines.Single(l => l is { Version: "v8", Attribute: null });
        Assert.Equal((0, 1, 0, 0), (v8.N, v8.WithoutNegative, v8.Errors, v8.Metrics.Count));
        Assert.Equal(s_space, table.Space);
    }

    [Fact]
    public async Task EvaluateAsync_RowOfAKnownOtherSpace_IsNotScoredAndNamesBoth()
    {
        var metric = new EmbeddingSimilarity(new TableGenerator().With("p", 1, 0).With("n", 0, 1).With("q", 1, 0), s_space);
        var options = new MarginTableOptions { Spaces = new Dictionary<string, string> { ["support-v7"] = "nf1-7777777777777777", ["mine"] = s_space.Id } };
        var table = await MarginTable.EvaluateAsync(metric, Rows(
            """{"query":"q","positive":"p","negative":"n","embedding_model_version":"support-v7"}""",
            """{"query":"q","positive":"p","negative":"n","embedding_model_version":"nf1-8888888888888888"}""",
            """{"query":"q","positive":"p","negative":"n","embedding_model_version":"mine"}"""), options, None);
        Assert.Equal([("mine", 1, 0), ("nf1-8888888888888888", 0, 1), ("support-v7", 0, 1)], table.Lines.Select(l => (l.Version, l.N, l.Errors)));
        Assert.Contains("nf1-7777777777777777 (support-v7)", table.Rows[^1].Error, StringComparison.Ordinal);
        Assert.Contains(s_space.Id, table.Rows[^1].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluateAsync_AFailedText_CostsItsQuestionAlone()
    {
        var metric = new EmbeddingSimilarity(new TableGenerator().With("p", 1, 0).With("n", 0, 1).With("bad", float.NaN, 0).With("q1", 1, 0).With("q2", 1, 0), s_space);
        var table = await MarginTable.EvaluateAsync(metric, Rows(
            """{"query":"q1","positive":"p","negative":["n","bad"]}""",
            """{"query":"q2","positive":"p","negative":"n"}"""), null, None);
        var line = Assert.Single(table.Lines);
        Assert.Equal((1, 1), (line.N, line.Errors));
        Assert.Contains("NaN", table.Rows[0].Error, StringComparison.Ordinal);
        Assert.Null(table.Rows[0].MarginMean);
        Assert.Equal(1.0, table.Rows[1].MarginHard);
    }

    [Fact]
    public async Task EvaluateAsync_QuestionsOfOneAnswer_IntervalCountsThemAsOneWitness()
    {
        var generator = new TableGenerator().With("pa", 1, 0).With("pb", .9f, .1f).With("n", 0, 1);
        string[] lines = [.. Enumerable.Range(0, 8).Select(i => $$"""{"query":"q{{i}}","positive":"{{(i < 4 ? "pa" : "pb")}}","negative":"n"}""")];
        for (int i = 0; i < 8; i++)
        {
            generator.With($"q{i}", 1, i < 4 ? .1f : .9f);
        }

        var metrics = Assert.Single((await MarginTable.EvaluateAsync(new EmbeddingSimilarity(generator, s_space), Rows(lines), null, None)).Lines).Metrics;
        Assert.Equal((8, 2), (metrics["margin_mean"].N, metrics["margin_mean"].Clusters));
        Assert.NotNull(metrics["margin_mean"].Low);
    }

    [Fact]
    public async Task EvaluateAsync_IdsWithoutCorpus_IsAnErrorWithTheLine()
    {
        var metric = new EmbeddingSimilarity(new TableGenerator(), s_space);
        var error = await Assert.ThrowsAsync<NearfarException>(() => MarginTable.EvaluateAsync(metric, Rows("""{"query":"q","positive_ids":["d1"]}"""), null, None));
        Assert.Contains(":1:", error.Message, StringComparison.Ordinal);
    }
}
