using Microsoft.Extensions.AI;
using Nearfar.Evaluation;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Evaluation;

public class EvaluatorTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task EvaluateAsync_VectorsInThePlane_GivesTheNumbersByHand()
    {
        var encoder = new VectorEncoder(2);
        Document[] documents = [TestSets.Document("a"), TestSets.Document("b"), TestSets.Document("c")];
        encoder.Add(documents[0].Content, 1, 0);
        encoder.Add(documents[1].Content, 0.6f, 0.8f);
        encoder.Add(documents[2].Content, 0, 1);
        encoder.Add("question q1", 1, 0);                 // finds a first: similarities 1, .6, 0
        encoder.Add("question q2", 0.8f, 0.6f);           // similarities .8, .96, .6: c is third
        var set = TestSets.Gate(documents, [TestSets.Query("q2", "c", ["a", "b"]), TestSets.Query("q1", "a", ["b", "c"], ["b"])]);
        var report = await new Evaluator().EvaluateAsync(encoder, set, None);

        Assert.Equal(["q1", "q2"], report.Queries.Select(q => q.Id));
        Assert.Equal([1, 3], report.Queries.Select(q => q.FirstRelevantRank));
        Assert.Equal(0.5, report.Metrics["recall@1"].Mean);
        Assert.Equal(1, report.Metrics["recall@3"].Mean);
        Assert.Equal((1 + (1.0 / 3)) / 2, report.Metrics["mrr@10"].Mean, 1e-15);
        Assert.Equal((1 + (1 / Math.Log2(4))) / 2, report.Metrics["ndcg@10"].Mean, 1e-15);
        Assert.Equal((1 - .3 + (.6 - .88)) / 2, report.Metrics["margin_mean"].Mean, 1e-6);
        Assert.Equal((1 - .6 + (.6 - .96)) / 2, report.Metrics["margin_hard"].Mean, 1e-6);
        Assert.Equal(0.5, report.Metrics["margin_below_zero"].Mean);
        Assert.Equal(0, report.Metrics["violation@1"].Mean);
        Assert.Equal((1, 1.0), (report.Metrics["violation@3"].N, report.Metrics["violation@3"].Mean));
        Assert.Equal(report.Metrics["margin_hard"].Mean / report.Scale!.Sigma, report.Metrics["z_margin_hard"].Mean, 1e-12);
        Assert.Null(report.Metrics["recall@1"].Low);      // two queries are listed without interval
        Assert.Equal(["b", "a", "c"], report.Queries[1].Top.Select(t => t.Id));
        Assert.True(report.IsGateSet);
    }

    [Fact]
    public async Task EvaluateAsync_QueryWithoutKnownToken_IsACountedMissWithoutMargin()
    {
        var encoder = new VectorEncoder(2);
        Document[] documents = [TestSets.Document("a"), TestSets.Document("b")];
        encoder.Add(documents[0].Content, 1, 0);
        encoder.Add(documents[1].Content, 0, 1);
        var report = await new Evaluator().EvaluateAsync(encoder, TestSets.Gate(documents, [TestSets.Query("q", "a", ["b"])]), None);
        var row = Assert.Single(report.Queries);
        Assert.True(row.NoKnownToken);
        Assert.Null(row.FirstRelevantRank);
        Assert.Equal(0, row.Metrics["recall@10"]);
        Assert.False(row.Metrics.ContainsKey("margin_mean"));
        Assert.Empty(row.Top);
    }

    [Fact]
    public async Task EvaluateAsync_DocumentWithoutKnownToken_IsNeverRanked()
    {
        var encoder = new VectorEncoder(2);
        Document[] documents = [TestSets.Document("a"), TestSets.Document("b"), TestSets.Document("c")];
        encoder.Add(documents[0].Content, 0, -1);          // similarity -1: below the 0 an unknown text would have
        encoder.Add(documents[2].Content, -1, 0);
        encoder.Add("question q", 0, 1);
        var report = await new Evaluator().EvaluateAsync(encoder, TestSets.Gate(documents, [TestSets.Query("q", "a", ["b"])]), None);
        Assert.Equal(["c", "a"], report.Queries[0].Top.Select(t => t.Id));
        Assert.Equal(1, report.DocumentsWithoutToken);
        Assert.False(report.Metrics.ContainsKey("margin_mean"));
    }

    [Fact]
    public async Task EvaluateAsync_EqualScores_RankDescendingIdsAndShowTheirInfluence()
    {
        var encoder = new VectorEncoder(2);
        Document[] documents = [TestSets.Document("a"), TestSets.Document("\uFFFD"), TestSets.Document("\U0001F600")];
        foreach (var document in documents)
        {
            encoder.Add(document.Content, 1, 0);
        }

        encoder.Add("question q", 1, 0);
        var report = await new Evaluator().EvaluateAsync(encoder, TestSets.Gate(documents, [TestSets.Query("q", "\uFFFD")]), None);
        Assert.Equal(["\U0001F600", "\uFFFD", "a"], report.Queries[0].Top.Select(t => t.Id));
        Assert.Equal(1, report.TieSensitivity["recall@1"]);
        Assert.Equal(0, report.TieSensitivity["recall@3"]);
        Assert.Equal(1 - (1.0 / 3), report.TieSensitivity["mrr@3"], 1e-15);
        Assert.Equal(0, report.Scale!.Sigma);
        Assert.DoesNotContain("z_margin_mean", report.Metrics.Keys);
    }

    [Fact]
    public async Task EvaluateAsync_CollapsedEncoderOverManyDocuments_ShowsFullTieSensitivity()
    {
        var documents = Enumerable.Range(0, 300).Select(i => TestSets.Document($"d{i:000}")).ToArray();
        var encoder = new VectorEncoder(2);
        foreach (var document in documents)
        {
            encoder.Add(document.Content, 1, 0);
        }

        encoder.Add("question q", 1, 0);
        var set = TestSets.Gate(documents, [TestSets.Query("q", "d005")]);      // place 294: far behind the depth of 100
        var report = await new Evaluator().EvaluateAsync(encoder, set, None);
        Assert.Equal(1, report.TieSensitivity["recall@5"]);
    }

    [Theory, InlineData(1), InlineData(7), InlineData(1000)]
    public async Task EvaluateAsync_AnyBatchAndOrder_GivesEqualBytes(int batch)
    {
        var (set, encoder) = TestSets.Noisy(150, 60, 3);
        var shuffled = TestSets.Gate(set.Corpus.Documents.Reverse(), [.. set.Queries.Reverse()]);
        byte[] expected = EvalReportJson.ToUtf8(await new Evaluator().EvaluateAsync(encoder, set, None));
        byte[] actual = EvalReportJson.ToUtf8(await new Evaluator(new() { Batch = batch }).EvaluateAsync(encoder, shuffled, None));
        Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task EvaluateAsync_NoisySet_AgreesWithPlainLoops()
    {
        var (set, encoder) = TestSets.Noisy(120, 40, 5, noise: 2);
        var report = await new Evaluator(new() { Depth = 20 }).EvaluateAsync(encoder, set, None);
        foreach (var row in report.Queries)
        {
            var query = set.Queries.Single(q => q.Id == row.Id);
            float[] vector = await Vector(encoder, query.Query);
            var similarities = new List<(string Id, double S)>();
            foreach (var document in set.Corpus.Documents)
            {
                float[] other = await Vector(encoder, document.Content);
                similarities.Add((document.Id, vector.Zip(other).Sum(p => (double)p.First * p.Second)));
            }

            string[] ranked = [.. similarities.OrderByDescending(s => s.S).Select(s => s.Id)];
            int rank = Array.IndexOf(ranked, query.PrimaryId) + 1;
            Assert.Equal(rank <= 20 ? rank : null, row.FirstRelevantRank);
            Assert.Equal(rank <= 5 ? 1 : 0, row.Metrics["recall@5"]);
            double positive = similarities.Single(s => s.Id == query.PrimaryId).S;
            var negatives = similarities.Where(s => query.NegativeIds.Contains(s.Id)).Select(s => s.S).ToArray();
            Assert.Equal(positive - negatives.Average(), row.Metrics["margin_mean"], 1e-6);
            Assert.Equal(positive - negatives.Max(), row.Metrics["margin_hard"], 1e-6);
        }

        var german = report.Cohorts["language"]["de"];
        var members = report.Queries.Where(q => q.Cohorts["language"] == "de").ToArray();
        Assert.Equal(24, german.N);
        Assert.Equal(members.Average(m => m.Metrics["recall@5"]), german.Metrics["recall@5"].Mean, 1e-12);
        Assert.InRange(german.Metrics["recall@5"].Mean, german.Metrics["recall@5"].Low!.Value, german.Metrics["recall@5"].High!.Value);
    }

    [Fact]
    public async Task EvaluateAsync_KeptScores_AreTheSimilaritiesOfMarginsBitForBit()
    {
        var (set, encoder) = TestSets.Noisy(40, 40, 6);
        var rows = await EncodedSet.EncodeAsync(encoder, set, 1024, None);
        var hits = rows.Rank(set.Corpus, 40, None);
        for (int q = 0; q < hits.Count; q++)
        {
            Assert.All(hits[q], hit => Assert.Equal(rows.Similarity(q, hit.Document), hit.Score));
        }
    }

    private static async Task<float[]> Vector(VectorEncoder encoder, string text)
    {
        float[] row = new float[encoder.Dimensions];
        await encoder.EncodeAsync([text], Nearfar.Encoding.TextRole.Query, row, None);
        return row;
    }

    [Theory]
    [InlineData(float.NaN, 0, "NaN")]
    [InlineData(float.PositiveInfinity, 0, "NaN or infinity")]
    [InlineData(3, 4, "length 5")]
    public async Task EvaluateAsync_VectorThatIsNone_Throws(float x, float y, string part)
    {
        var encoder = new VectorEncoder(2);
        encoder.Add("text of a", 1, 0);
        encoder.AddRaw("question q", x, y);
        var set = TestSets.Gate([TestSets.Document("a")], [TestSets.Query("q", "a")]);
        var error = await Assert.ThrowsAsync<NearfarException>(() => new Evaluator().EvaluateAsync(encoder, set, None));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluateAsync_SetThatContradictsItself_ThrowsAllProblems()
    {
        var set = TestSets.Gate([TestSets.Document("a"), TestSets.Document("b")],
        [
            TestSets.Query("q", "a", ["x"]), TestSets.Query("q", "a", ["a"]), TestSets.Query("r", "b", relevance: new() { ["b"] = 0 }),
        ]);
        var error = await Assert.ThrowsAsync<NearfarException>(() => new Evaluator().EvaluateAsync(new VectorEncoder(2), set, None));
        Assert.Contains("\"q\" stands twice", error.Message, StringComparison.Ordinal);
        Assert.Contains("\"x\", which the corpus lacks", error.Message, StringComparison.Ordinal);
        Assert.Contains("as right and as wrong", error.Message, StringComparison.Ordinal);
        Assert.Contains("no relevant document", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<NearfarException>(() => new Evaluator().EvaluateAsync(new VectorEncoder(2), TestSets.Gate([], []), None));
        Assert.Contains("no question; its corpus is empty", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluateAsync_Ranker_HasNoMarginsAndNoSpace()
    {
        var (set, _) = TestSets.Noisy(10, 4, 1);
        var report = await new Evaluator().EvaluateAsync(new FixedRanker([new(0, 2f), new(1, 1f)]), set, None);
        Assert.Null(report.Space);
        Assert.Null(report.Scale);
        Assert.Equal("fixed", report.Label);
        Assert.DoesNotContain(report.Metrics.Keys, m => m.Contains("margin", StringComparison.Ordinal));
        Assert.Equal(0.3, report.Metrics["hit@1"].Mean, 1e-15);        // questions 0, 4 and 8 ask for document 0
        Assert.Equal(0.6, report.Metrics["hit@3"].Mean, 1e-15);
    }

    [Theory]
    [InlineData(new[] { 0, 0 }, new[] { 2f, 1f }, "twice")]
    [InlineData(new[] { 0, 1 }, new[] { 1f, 2f }, "rising")]
    [InlineData(new[] { 0, 1 }, new[] { 1f, float.NaN }, "NaN")]
    [InlineData(new[] { 9 }, new[] { 1f }, "document 9 of a corpus of 4")]
    public async Task EvaluateAsync_RankerThatDoesNotRank_Throws(int[] documents, float[] scores, string part)
    {
        var (set, _) = TestSets.Noisy(10, 4, 1);
        var ranker = new FixedRanker([.. documents.Zip(scores, (d, s) => new Hit(d, s))]);
        var error = await Assert.ThrowsAsync<NearfarException>(() => new Evaluator().EvaluateAsync(ranker, set, None));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluateAsync_AnyGenerator_IsScoredInItsSpace()
    {
        var (set, encoder) = TestSets.Noisy(50, 20, 2);
        var report = await new Evaluator().EvaluateAsync(new Generator(encoder, scale: 7), new EmbeddingSpace("foreign"), set, None);
        var own = await new Evaluator().EvaluateAsync(encoder, set, None);
        Assert.Equal("foreign", report.Space!.Id);
        Assert.Equal(own.Metrics["margin_mean"].Mean, report.Metrics["margin_mean"].Mean, 1e-6);
        Assert.Equal(own.Metrics["recall@5"], report.Metrics["recall@5"]);
    }

    [Theory]
    [InlineData("short", "vectors for")]
    [InlineData("nan", "NaN")]
    [InlineData("zero", "zero vector")]
    [InlineData("length", "length 3")]
    [InlineData("throw", "failed on")]
    public async Task EvaluateAsync_GeneratorThatFails_Throws(string failure, string part)
    {
        var (set, encoder) = TestSets.Noisy(5, 3, 2);
        var generator = new Generator(encoder, 1) { Failure = failure };
        var error = await Assert.ThrowsAsync<NearfarException>(() => new Evaluator().EvaluateAsync(generator, new EmbeddingSpace("foreign"), set, None));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_BadOptions_NamesAllProblems()
    {
        var error = Assert.Throws<ArgumentException>(() => new Evaluator(new() { Cutoffs = [5, 5], Depth = 1, Kept = 9, BackgroundPairs = 5, Batch = 0 }));
        foreach (string part in new[] { "Cutoffs", "Depth", "Kept", "BackgroundPairs", "Batch" })
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Options_Defaults_ArePinned()
    {
        var options = new EvaluationOptions();
        Assert.Equal([1, 3, 5, 10], options.Cutoffs);
        Assert.Equal((100, 10, 20_000, 1UL), (options.Depth, options.Kept, options.BackgroundPairs, options.Seed));
    }

    private sealed class FixedRanker(Hit[] hits) : IRanker
    {
        public string Name => "fixed";

        public ValueTask<IReadOnlyList<IReadOnlyList<Hit>>> RankAsync(IReadOnlyList<string> queries, int k, CancellationToken cancellationToken = default) =>
            new([.. queries.Select(_ => (IReadOnlyList<Hit>)hits)]);
    }

    private sealed class Generator(VectorEncoder encoder, float scale) : IEmbeddingGenerator<string, Embedding<float>>
    {
        public string? Failure { get; init; }

        public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
            IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
        {
            var result = new GeneratedEmbeddings<Embedding<float>>();
            foreach (string text in values)
            {
                float[] row = new float[encoder.Dimensions];
                await encoder.EncodeAsync([text], Nearfar.Encoding.TextRole.Query, row, cancellationToken);
                bool probe = row.All(v => v == 0);
                row = probe ? [.. row.Select(_ => 1f)] : [.. row.Select(v => v * scale)];
                result.Add(new(probe ? row : Failure switch
                {
                    "nan" => [.. row.Select(_ => float.NaN)],
                    "zero" => new float[row.Length],
                    "length" => new float[3],
                    "throw" => throw new InvalidOperationException("no connection"),
                    _ => row,
                }));
            }

            return Failure == "short" && result.Count > 1 ? [.. result.Skip(1)] : result;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }
    }
}
