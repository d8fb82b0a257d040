using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Tests.Pairs;
using Nearfar.Training;
using Xunit;

namespace Nearfar.Tests.Encoding;

public class ModelCutTests
{
    private static readonly string[] s_texts = ["where is my parcel", "late parcel", "my parcel is late", "unheard"];

    [Fact]
    public async Task Cut_FirstDimensions_GivesTheCutOfTheVectorNormalised()
    {
        var encoder = SmallModels.Encoder(8, new StaticEncoderOptions());
        var cut = ModelCut.Cut(encoder, 3);
        float[] whole = await EmbedAsync(encoder), part = await EmbedAsync(cut);
        for (int i = 0; i < s_texts.Length; i++)
        {
            double length = Math.Sqrt(Enumerable.Range(0, 3).Sum(k => (double)whole[(i * 8) + k] * whole[(i * 8) + k]));
            Assert.All(Enumerable.Range(0, 3), k => Assert.Equal(length == 0 ? 0 : whole[(i * 8) + k] / length, part[(i * 3) + k], 1e-6));
        }

        Assert.NotEqual(encoder.Space.Id, cut.Space.Id);
        Assert.Equal(encoder.Space.Id, ModelCut.Cut(encoder, 8).Space.Id);      // nothing cut: the same space
    }

    [Theory, InlineData(QuantizationKind.Int8), InlineData(QuantizationKind.Binary)]
    public async Task Quantize_SavedAndLoaded_GivesTheSameSpaceAndVectors(QuantizationKind kind)
    {
        using var folder = new Folder();
        var encoder = SmallModels.Encoder(8, new StaticEncoderOptions { Label = "q" });
        var quantised = await ModelCut.QuantizeAsync(encoder, kind, s_texts, TestContext.Current.CancellationToken);
        StaticModelFolder.Save(folder["m"], quantised, SmallModels.ManifestOf(quantised), "# card\n");
        var read = StaticEncoder.Load(folder["m"]);
        Assert.Equal(quantised.Options, read.Options);
        Assert.Equal(quantised.Space.Id, read.Space.Id);
        Assert.NotEqual(encoder.Space.Id, read.Space.Id);
        Assert.Equal(await EmbedAsync(quantised), await EmbedAsync(read));
        Assert.NotEqual(await EmbedAsync(encoder), await EmbedAsync(read));
        if (kind == QuantizationKind.Binary)
        {
            Assert.All((await EmbedAsync(read)).Where(v => v != 0), v => Assert.Equal(1 / Math.Sqrt(8), Math.Abs(v), 1e-6));
        }
    }

    [Fact]
    public async Task Quantize_OtherRanges_IsAnotherSpace()
    {
        var encoder = SmallModels.Encoder(8, new StaticEncoderOptions());
        var a = await ModelCut.QuantizeAsync(encoder, QuantizationKind.Int8, s_texts, TestContext.Current.CancellationToken);
        var b = await ModelCut.QuantizeAsync(encoder, QuantizationKind.Int8, s_texts[..2], TestContext.Current.CancellationToken);
        Assert.NotEqual(a.Space.Id, b.Space.Id);
    }

    [Fact]
    public async Task Load_QuantisationChangedAfterwards_IsRefused()
    {
        using var folder = new Folder();
        var quantised = await ModelCut.QuantizeAsync(SmallModels.Encoder(8, new StaticEncoderOptions()), QuantizationKind.Binary, s_texts, TestContext.Current.CancellationToken);
        StaticModelFolder.Save(folder["m"], quantised, SmallModels.ManifestOf(quantised), "");
        string manifest = File.ReadAllText(folder["m/nearfar.json"]);
        File.WriteAllText(folder["m/nearfar.json"], manifest.Replace("\"binary\"", "\"ternary\"", StringComparison.Ordinal));
        Assert.Contains("wanted int8 or binary", Assert.Throws<NearfarException>(() => StaticEncoder.Load(folder["m"])).Message, StringComparison.Ordinal);
        File.WriteAllText(folder["m/nearfar.json"], manifest.Replace("\"binary\"", "\"int8\", \"start\": [0], \"step\": [1]", StringComparison.Ordinal));
        Assert.Contains("1 dimensions", Assert.Throws<NearfarException>(() => StaticEncoder.Load(folder["m"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task QuantisedModel_IsNeitherCutNorTrained()
    {
        using var folder = new Folder();
        var quantised = await ModelCut.QuantizeAsync(SmallModels.Encoder(8, new StaticEncoderOptions()), QuantizationKind.Binary, s_texts, TestContext.Current.CancellationToken);
        StaticModelFolder.Save(folder["m"], quantised, SmallModels.ManifestOf(quantised), "");
        Assert.Throws<NearfarException>(() => ModelCut.Cut(quantised, 4));
        var set = new TrainingSet(new Corpus([new Document { Id = "a", Text = "late parcel" }]), []);
        var e = Assert.Throws<NearfarException>(() => StartEncoder.Create(new StartOptions { From = folder["m"] }, set));
        Assert.Contains("quantise again", e.Message, StringComparison.Ordinal);
    }

    private static async Task<float[]> EmbedAsync(StaticEncoder encoder)
    {
        float[] rows = new float[s_texts.Length * encoder.Dimensions];
        await encoder.EncodeAsync(s_texts, TextRole.Document, rows, TestContext.Current.CancellationToken);
        return rows;
    }
}
