using System.Text.Json;
using Nearfar.Encoding;
using Xunit;

namespace Nearfar.Cli.Tests;

public sealed class CutVerbTests
{
    [Fact]
    public async Task Cut_TrainedModel_GivesASmallerModelOfItsOwnSpaceAndSaysWhatItCosts()
    {
        using var shop = new Shop();
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v1")).Exit);
        var (exit, output, _) = await shop.RunAsync("cut", "v1", "--dimensions", "64", "--quantize", "int8", "--out", shop["small"]);
        Assert.Equal(0, exit);
        Assert.Contains("A vector: 1024 bytes, now 64.", output, StringComparison.Ordinal);
        Assert.StartsWith("Next: nearfar embed", output.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
        var encoder = StaticEncoder.Load(shop["small"]);
        Assert.Equal((64, QuantizationKind.Int8), (encoder.Dimensions, encoder.Options.Quantization?.Kind));
        string card = File.ReadAllText(shop["small/README.md"]);
        Assert.Contains("recall@5", card, StringComparison.Ordinal);
        Assert.Contains("sentence-transformers does not read", card, StringComparison.Ordinal);
        Assert.Contains("now", card, StringComparison.Ordinal);

        var embedded = await shop.RunAsync("embed", "--model", shop["small"], "--out", shop["v.safetensors"], "--json");
        Assert.Equal(encoder.Space.Id, JsonDocument.Parse(embedded.Output).RootElement.GetProperty("space").GetString());
        Assert.Equal(0, (await shop.RunAsync("eval", "--model", shop["small"])).Exit);

        var again = await shop.RunAsync("cut", "v1", "--dimensions", "64", "--out", shop["small"]);
        Assert.Equal(1, again.Exit);
        Assert.Contains("not empty", again.Error, StringComparison.Ordinal);
        var json = await shop.RunAsync("cut", "v1", "--dimensions", "64", "--portable", "--out", shop["portable"], "--json");
        Assert.Equal(64 * 32, JsonDocument.Parse(json.Output).RootElement.GetProperty("bits_a_vector").GetInt32());

        // One dimension of 256: hardly a question changes, so there is no 95 % interval.
        output = (await shop.RunAsync("cut", "v1", "--dimensions", "255", "--out", shop["most"])).Output;
        Assert.Contains("(about -", Assert.Single(output.Split('\n'), l => l.StartsWith("recall@5 ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("about: few changes, not a 95% interval", output, StringComparison.Ordinal);
        Assert.Contains("): few changes, not a 95% interval.", File.ReadAllText(shop["most/README.md"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_WithALead_KeepsItInTheModelFromWhichNothingPortableIsCut()
    {
        using var shop = new Shop();
        string file = shop["nearfar.yaml"];
        File.WriteAllText(file, File.ReadAllText(file).Replace("dimensions: 256}", "dimensions: 256, lead: {of: title, tokens: 7, weight: 3}}", StringComparison.Ordinal));
        Assert.Contains("none of 20 documents has one", (await shop.RunAsync("train", "--name", "v1")).Error, StringComparison.Ordinal);
        File.WriteAllText(shop["corpus.jsonl"], File.ReadAllText(shop["corpus.jsonl"]).Replace("\"text\":\"What the shop", "\"title\":\"Help\",\"text\":\"What the shop", StringComparison.Ordinal));
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v1")).Exit);
        var encoder = StaticEncoder.Load(shop["output/runs/v1/model"]);
        Assert.Equal(new LeadOptions { Of = LeadField.Title, Tokens = 7, Weight = 3 }, encoder.Options.Lead);
        var cut = await shop.RunAsync("cut", "v1", "--dimensions", "64", "--portable", "--out", shop["x"]);
        Assert.Equal(1, cut.Exit);
        Assert.Contains("grams, term_frequency or lead", cut.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await shop.RunAsync("cut", "v1", "--dimensions", "64", "--out", shop["x"])).Exit);
        Assert.Equal((64, encoder.Options.Lead), (StaticEncoder.Load(shop["x"]).Dimensions, StaticEncoder.Load(shop["x"]).Options.Lead));
    }

    [Fact]
    public async Task Cut_NothingOrTooMuchAsked_IsRefusedBeforeWork()
    {
        using var shop = new Shop();
        Assert.Contains("Nothing to do", (await shop.RunAsync("cut", "v1", "--out", shop["x"])).Error, StringComparison.Ordinal);
        var portable = await shop.RunAsync("cut", "v1", "--quantize", "binary", "--portable", "--dimensions", "0", "--out", shop["x"]);
        Assert.Equal(1, portable.Exit);
        Assert.Contains("--portable", portable.Error, StringComparison.Ordinal);
        Assert.Contains("--dimensions is 0", portable.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(shop["x"]));
    }
}
