using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Spaces;
using Nearfar.Gating;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Tests.Encoding;
using Nearfar.Tests.Evaluation;
using Nearfar.Tests.Evaluation.Spaces;
using Nearfar.Training;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Vectors;

/// <summary>Every door at which two spaces could meet: each refuses, names both and says what to run.</summary>
public sealed class SpaceDoorTests : IDisposable
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private static readonly StaticEncoder Old = SmallModels.Encoder(options: new() { Label = "support v7" }, seed: 1);
    private static readonly StaticEncoder New = SmallModels.Encoder(options: new() { Label = "support v8" }, seed: 2);
    private readonly string _folder = Directory.CreateTempSubdirectory("nearfar-doors-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task IndexFolder_SearchedWithAnotherModel_Refuses()
    {
        IndexFolder.Build(await VectorsAsync(Old), IndexKind.Flat).Save(_folder);
        using var index = IndexFolder.Open(_folder);
        AssertNamesBoth(Assert.Throws<NearfarException>(() => new VectorRanker(New, index)), "nearfar embed", "nearfar index");
        AssertNamesBoth(Assert.Throws<NearfarException>(() => index.Search(Rows.Allocate<float>(1, New.Dimensions), New.Space, 1, None)), "nearfar embed", "nearfar index");
    }

    [Theory, InlineData(null), InlineData(" ")]
    public void VectorFile_WithoutASpace_Refuses(string? space)
    {
        string path = Path.Combine(_folder, "vectors.safetensors");
        var metadata = new Dictionary<string, string>();
        if (space is not null)
        {
            metadata["space"] = space;
        }

        SafeTensorsFile.WriteMatrix(path, "vectors", Rows.Allocate<float>(1, 2), metadata);
        File.WriteAllText(Path.Combine(_folder, "vectors.ids.jsonl"), "\"a\"\n");
        var error = Assert.Throws<NearfarException>(() => VectorSet.Load(path));
        Assert.Contains("unknown space", error.Message, StringComparison.Ordinal);
        Assert.Contains("nearfar embed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VectorFile_KeepsTheSpaceItWasWrittenWith()
    {
        string path = Path.Combine(_folder, "vectors.safetensors");
        (await VectorsAsync(Old)).Save(path);
        Assert.Equal(Old.Space, VectorSet.Load(path).Space);
        AssertNamesBoth(Assert.Throws<NearfarException>(() => EmbeddingSpace.ThrowUnlessSame(New.Space, VectorSet.Load(path).Space, path, "Write it anew: nearfar embed")), "nearfar embed");
    }

    [Fact]
    public void ModelFolder_WithAnotherModelsManifest_Refuses()
    {
        StaticModelFolder.Save(_folder, Old, SmallModels.ManifestOf(Old), "# card\n");
        string path = Path.Combine(_folder, "nearfar.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace(Old.Space.Id, New.Space.Id, StringComparison.Ordinal));
        AssertNamesBoth(Assert.Throws<NearfarException>(() => StaticModelFolder.Load(_folder)));
        Assert.ThrowsAny<Exception>(() => StaticModelFolder.Save(Path.Combine(_folder, "x"), Old, SmallModels.ManifestOf(New), "# card\n"));
    }

    [Fact]
    public async Task Reports_OfTwoSpaces_AreComparedByPortableMeasuresAlone()
    {
        var (before, after) = await SpaceComparisonTests.TwoReportsAsync();
        var comparison = new ReportComparison(before, after);
        Assert.Contains("ndcg@10", comparison.Overall.Keys);
        Assert.Contains(MetricNames.ZMarginMean, comparison.Overall.Keys);
        Assert.Contains(MetricNames.PercentileMarginMean, comparison.Overall.Keys);
        Assert.DoesNotContain(MetricNames.MarginMean, comparison.Overall.Keys);
        Assert.DoesNotContain(MetricNames.MarginHard, comparison.Overall.Keys);
        Assert.True(new SpaceComparison(before, after).AreDifferent);
        Assert.Throws<NearfarException>(() => new SpaceComparison(before, after with { SetHash = "another set" }));
    }

    [Fact]
    public async Task Floor_OfAnotherSpace_IsNotCarriedFromAWrongReport()
    {
        var (before, after) = await SpaceComparisonTests.TwoReportsAsync();
        var (old, now) = (before with { IsGateSet = false }, after with { IsGateSet = false });
        var error = Assert.Throws<NearfarException>(() => FloorCalibration.Transfer(new GateFloor(null, MetricNames.MarginMean, .2, "a third space"), old, now));
        Assert.Contains("a third space", error.Message, StringComparison.Ordinal);
        Assert.Contains(old.Space!.Id, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ranking_WithoutVectors_HasNoMarginToCarryOver()
    {
        var (set, encoder) = TestSets.Noisy(20, 10, 1);
        var words = await new Evaluator().EvaluateAsync(new Bm25Index(set.Corpus), set, None);
        Assert.Null(words.Space);
        Assert.Contains("bm25", Assert.Throws<NearfarException>(() => ScoreSample.Of(words, MetricNames.MarginMean)).Message, StringComparison.Ordinal);
        var report = await new Evaluator().EvaluateAsync(encoder, set, None);
        double median = report.Quantiles![MetricNames.MarginMean]["q50"].Value;
        var transfer = ThresholdTransfer.Paired(median, ScoreSample.Of(report, MetricNames.MarginMean), ScoreSample.Of(report, MetricNames.MarginMean));
        Assert.Equal(median, transfer.Value, 1e-9);      // to itself
        Assert.Contains("test-space", transfer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DevScorer_OfAnotherStart_Refuses()
    {
        var small = SmallModels.Encoder(dimensions: 4);
        var set = TestSets.Dev([TestSets.Document("a", "refund plan")], [TestSets.Query("q", "a")]);
        var trainable = StaticStart.From(small).Begin([], 1);
        var error = await Assert.ThrowsAsync<NearfarException>(async () => await new DevScorer(set, Old, 1).ScoreAsync(trainable, None));
        Assert.Contains(Old.Space.Id, error.Message, StringComparison.Ordinal);
        Assert.Contains(trainable.ToEncoder().Space.Id, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VectorComparison_OfTwoSpaces_ComparesNoVectorOfOneWithTheOther()
    {
        var old = await VectorsAsync(Old);
        var wide = await VectorsAsync(SmallModels.Encoder(dimensions: 16, seed: 5));
        Assert.Equal(12, new VectorComparison(old, wide, 3).Shared);      // other dimensions: nothing of the one could be multiplied with the other
    }

    private static void AssertNamesBoth(NearfarException error, params string[] commands)
    {
        Assert.Contains(Old.Space.Id, error.Message, StringComparison.Ordinal);
        Assert.Contains(New.Space.Id, error.Message, StringComparison.Ordinal);
        Assert.All(commands, c => Assert.Contains(c, error.Message, StringComparison.Ordinal));
    }

    private static async Task<VectorSet> VectorsAsync(StaticEncoder encoder)
    {
        string[] words = ["refund", "annual", "plan", "where", "is my", "order", "late", "delivery", "refund plan", "annual order", "late refund", "my delivery"];
        var rows = Rows.Allocate<float>(words.Length, encoder.Dimensions);
        await encoder.EncodeAsync(words, TextRole.Document, rows.Data, None);
        return new VectorSet(encoder.Space, words, rows);
    }
}
