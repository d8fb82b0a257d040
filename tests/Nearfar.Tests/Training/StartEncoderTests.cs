using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Tests.Encoding;
using Nearfar.Tests.Pairs;
using Nearfar.Text;
using Nearfar.Training;
using Xunit;

namespace Nearfar.Tests.Training;

public class StartEncoderTests
{
    private static readonly string[] s_texts = ["the refund of the annual plan, a refund", "the invoice of the month", "the late parcel of the shop"];

    private static TrainingSet Set => new(
        new Corpus(s_texts.Select((t, i) => new Document { Id = $"d{i}", Text = t })), [new Pair { Id = "p", Query = "the money back, my money", PositiveIds = ["d0"] }]);

    private static StartOptions Options => new() { Dimensions = 16, VocabularySize = 120, IdfPower = 2 };

    [Fact]
    public void Create_RandomRows_AreSeededAndWeighedByRarity()
    {
        var encoder = StartEncoder.Create(Options, Set);
        Assert.Equal(encoder.Space, StartEncoder.Create(Options, Set).Space);
        Assert.NotEqual(encoder.Space, StartEncoder.Create(Options with { Seed = 2 }, Set).Space);
        Assert.Equal(("untrained", 256, 16), (encoder.Space.Label, encoder.Options.MaxTokens, encoder.Dimensions));
        var plain = StartEncoder.Create(Options with { IdfPower = 0 }, Set);
        string[] texts = [.. s_texts, "the money back, my money"];
        int frequent = Id(encoder, "the"), rare = Id(encoder, "refund");
        Assert.Equal(Weight(4), encoder.TokenRows[frequent][3] / plain.TokenRows[frequent][3], 1e-5);
        Assert.Equal(Weight(1), encoder.TokenRows[rare][3] / plain.TokenRows[rare][3], 1e-5);
        Assert.DoesNotContain(encoder.TokenRows[encoder.Tokenizer.UnknownId!.Value].ToArray(), x => x != 0);

        double Weight(int df) => Math.Pow(Math.Log((texts.Length + 1.0) / (df + 1)) + 1, 2);
    }

    [Fact]
    public void Create_HeldOutTexts_HaveNoPart()
    {
        var tokenizer = StartEncoder.Create(Options, Set).Tokenizer;
        Assert.Contains("refund", Enumerable.Range(0, tokenizer.VocabularySize).Select(tokenizer.TokenOf));
        Assert.Contains("money", Enumerable.Range(0, tokenizer.VocabularySize).Select(tokenizer.TokenOf));
    }

    [Fact]
    public void Create_ExtraDimensionsAndGrams_KeepTheModelsRowsInFrontAndLoadAgain()
    {
        using var folder = new Folder();
        var encoder = SmallModels.Encoder(8);
        StaticModelFolder.Save(folder["m"], encoder, SmallModels.ManifestOf(encoder), "");
        var options = new StartOptions { From = folder["m"], ExtraDimensions = 5, Grams = new GramOptions { Buckets = 40, WordPairs = true }, MaxTokens = 9 };
        var extended = StartEncoder.Create(options, Set);
        var known = StaticStart.From(encoder).Rows.Span;
        Assert.Equal((13, encoder.TokenRows.Count + 40), (extended.Dimensions, extended.TokenRows.Count));
        Assert.Equal(known[..8].ToArray(), extended.TokenRows[0][..8].ToArray());
        Assert.Equal(known[16..24].ToArray(), extended.TokenRows[2][..8].ToArray());
        Assert.Equal(9, Assert.IsType<GramTokenizer>(extended.Tokenizer).MaxTokens);

        StaticModelFolder.Save(folder["x"], extended, SmallModels.ManifestOf(extended), "");
        var again = StaticEncoder.Load(folder["x"]);
        Assert.Equal(extended.Space.Id, again.Space.Id);
        Assert.Contains("nearfar.GramEmbedding", File.ReadAllText(Path.Combine(folder["x"], "modules.json")), StringComparison.Ordinal);
        Assert.Throws<NearfarException>(() => StartEncoder.Create(new StartOptions { From = folder["x"], Grams = new GramOptions() }, Set));
        File.WriteAllText(Path.Combine(folder["x"], "0_GramEmbedding", "grams.json"), """{"buckets": 40}""");
        Assert.Contains("wanted exactly buckets", Assert.Throws<NearfarException>(() => StaticEncoder.Load(folder["x"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_Pivot_LengthensEveryDocumentByItsShareOfTheMedianAndNoQuery()
    {
        using var folder = new Folder();
        var small = SmallModels.Encoder(8);
        StaticModelFolder.Save(folder["m"], small, SmallModels.ManifestOf(small), "");
        var options = new StartOptions { From = folder["m"], ExtraDimensions = 4, TermFrequency = TermFrequency.Root, DocumentPrompt = "late " };
        var plain = StartEncoder.Create(options, Set);
        var pivoted = StartEncoder.Create(options with { Pivot = 0.5 }, Set);
        Assert.Equal(("[¶]late ", plain.TokenRows.Count + 1), (pivoted.Options.DocumentPrompt, pivoted.TokenRows.Count));
        var sums = Set.Corpus.Documents.Select(d => Sum(pivoted, d.Content, TextRole.Document)).ToArray();
        double[] without = [.. sums.Select(s => Math.Sqrt(s[..^1].Sum(x => (double)x * x))).Order()];
        Assert.All(sums, s => Assert.Equal(0.5 * without[1], s[^1], 1e-4));
        Assert.All(["refund", "late parcel"], t => Assert.Equal(0, Sum(pivoted, t, TextRole.Query)[^1]));

        StaticModelFolder.Save(folder["x"], pivoted, SmallModels.ManifestOf(pivoted), "");
        Assert.Equal(pivoted.Space.Id, StaticEncoder.Load(folder["x"]).Space.Id);
        Assert.Contains("has a pivot", Assert.Throws<NearfarException>(() => StartEncoder.Create(new StartOptions { From = folder["x"], ExtraDimensions = 1, Pivot = 1 }, Set)).Message, StringComparison.Ordinal);
        Assert.Contains("dimension of its own", Assert.Throws<ArgumentException>(() => StartEncoder.Create(new StartOptions { From = folder["m"], Pivot = 1 }, Set)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_PivotWithGramsOverALearnedVocabulary_IsOneTokenMoreAndNoPart()
    {
        var grams = new GramOptions { Buckets = 50, AllWords = true, WordPairs = true };
        var plain = StartEncoder.Create(Options with { Grams = grams }, Set);
        var pivoted = StartEncoder.Create(Options with { Grams = grams, Pivot = 1 }, Set);
        Assert.Equal(Ids(plain, "a late refund").Length + 1, Ids(pivoted, "a late refund").Length);

        static int[] Ids(StaticEncoder encoder, string text)
        {
            var buffer = new TokenBuffer();
            encoder.Tokenise(text, TextRole.Document, buffer);
            return buffer.Ids.ToArray();
        }
    }

    // In plain loops: each token's row by the root of how often it stands there.
    private static float[] Sum(StaticEncoder encoder, string text, TextRole role)
    {
        var buffer = new TokenBuffer();
        encoder.Tokenise(text, role, buffer);
        float[] sum = new float[encoder.Dimensions];
        foreach (var token in buffer.Ids.ToArray().GroupBy(id => id))
        {
            for (int d = 0; d < sum.Length; d++)
            {
                sum[d] += encoder.TokenRows[token.Key][d] * MathF.Sqrt(token.Count());
            }
        }

        return sum;
    }

    [Fact]
    public void Create_IdfOverAFolder_WeighsItsRows()
    {
        using var folder = new Folder();
        var encoder = SmallModels.Encoder(8);
        StaticModelFolder.Save(folder["m"], encoder, SmallModels.ManifestOf(encoder), "");
        var weighed = StartEncoder.Create(new StartOptions { From = folder["m"], IdfPower = 1 }, Set);
        float ratio = weighed.TokenRows[3][1] / StaticStart.From(encoder).Rows.Span[25];
        Assert.All(Enumerable.Range(0, 8), d => Assert.Equal(ratio, weighed.TokenRows[3][d] / StaticStart.From(encoder).Rows.Span[24 + d], 1e-4));
        Assert.Equal(Math.Log(5.0 / (CountOf(weighed, 3) + 1)) + 1, ratio, 1e-5);

        static int CountOf(StaticEncoder encoder, int id) => s_texts.Append("the money back, my money").Count(text =>
        {
            var buffer = new TokenBuffer();
            encoder.Tokenizer.Encode(text, buffer);
            return buffer.Ids.Contains(id);
        });
    }

    [Fact]
    public void Create_FromAFolder_KeepsItsRowsAndTakesPromptsOverride()
    {
        using var folder = new Folder();
        var encoder = SmallModels.Encoder(8, new StaticEncoderOptions { MaxTokens = 30, QueryPrompt = "where is " });
        StaticModelFolder.Save(folder["m"], encoder, SmallModels.ManifestOf(encoder), "");
        var options = new StartOptions { From = folder["m"] };
        Assert.Equal(encoder.Space, StartEncoder.Create(options, Set).Space);
        var prompted = StartEncoder.Create(options with { DocumentPrompt = "late " }, Set);
        Assert.Equal(("", "late ", 30), (prompted.Options.QueryPrompt, prompted.Options.DocumentPrompt, prompted.Options.MaxTokens));
        Assert.Equal(encoder.TokenRows.Data.ToArray(), prompted.TokenRows.Data.ToArray());
        var cut = StartEncoder.Create(options with { MaxTokens = 7 }, Set);
        Assert.Equal(("where is ", 7), (cut.Options.QueryPrompt, cut.Options.MaxTokens));
        Assert.NotEqual(encoder.Space, cut.Space);
    }

    [Fact]
    public void Create_Lead_IsTheOptionsElseTheFolders()
    {
        using var folder = new Folder();
        var lead = new LeadOptions { Tokens = 9, Weight = 2 };
        var encoder = SmallModels.Encoder(8, new StaticEncoderOptions { Lead = lead });
        StaticModelFolder.Save(folder["m"], encoder, SmallModels.ManifestOf(encoder), "");
        Assert.Equal(lead, StartEncoder.Create(new StartOptions { From = folder["m"] }, Set).Options.Lead);
        Assert.Equal(lead, StartEncoder.Create(new StartOptions { From = folder["m"], ExtraDimensions = 2 }, Set).Options.Lead);
        Assert.Equal(new LeadOptions(), StartEncoder.Create(new StartOptions { From = folder["m"], Lead = new LeadOptions() }, Set).Options.Lead);
        Assert.Equal(new LeadOptions(), StartEncoder.Create(Options with { Lead = new LeadOptions() }, Set).Options.Lead);
        Assert.Contains(new StartOptions { Lead = lead }.Deciding(), o => o is { Key: "start.lead", Value: "9 tokens 2 times" });
        Assert.Contains(new StartOptions { Lead = lead with { Of = LeadField.Title } }.Deciding(), o => o is { Key: "start.lead", Value: "9 tokens of the title 2 times" });
        Assert.DoesNotContain(new StartOptions().Deciding(), o => o.Key == "start.lead");
        Assert.Contains("lead.weight is 1", Assert.Throws<ArgumentException>(() => StartEncoder.Create(Options with { Lead = new LeadOptions { Weight = 1 } }, Set)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_PivotWithALead_IsMeasuredWithItAndCountsOnce()
    {
        var pivoted = StartEncoder.Create(Options with { Pivot = 1, IdfPower = 0, Lead = new LeadOptions { Tokens = 2, Weight = 6 } }, Set);
        var sums = Set.Corpus.Documents.Select(d =>
        {
            var buffer = new TokenBuffer();
            pivoted.Tokenise(d.Content, TextRole.Document, buffer);
            float[] sum = new float[pivoted.Dimensions];
            pivoted.Sum(buffer.Ids, sum);
            return sum;
        }).ToArray();
        double[] without = [.. sums.Select(s => Math.Sqrt(s[..^1].Sum(x => (double)x * x))).Order()];
        Assert.All(sums, s => Assert.Equal(without[1], s[^1], 1e-3));
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("")]
    public void Create_TokenizerOfAFile_IsTaken(string name)
    {
        using var folder = new Folder();
        folder.Write("m/tokenizer.json", SmallModels.TokenizerFile.ToJsonString());
        var encoder = StartEncoder.Create(Options with { TokenizerFrom = Path.Combine(folder["m"], name) }, Set);
        Assert.Equal(SmallModels.Count, encoder.Tokenizer.VocabularySize);
    }

    [Fact]
    public void Deciding_PathsOfTheMachine_AreNoPartOfARun()
    {
        static string Of(StartOptions options) => string.Join('\n', options.Deciding().Select(o => $"{o.Key}={o.Value}"));
        Assert.Equal(Of(new StartOptions { From = "/home/a/models/potion" }), Of(new StartOptions { From = "models/potion/" }));
        Assert.Equal(Of(new StartOptions { TokenizerFrom = "/home/a/tokenizer.json" }), Of(new StartOptions { TokenizerFrom = "b/tokenizer.json" }));
        Assert.NotEqual(Of(new StartOptions()), Of(new StartOptions { VocabularySize = 8001 }));
        Assert.NotEqual(Of(new StartOptions()), Of(new StartOptions { TokenizerKind = TokenizerKind.Bpe }));
    }

    [Fact]
    public void Create_UnsoundOptions_AreRefusedAllAtOnce()
    {
        string message = Assert.Throws<ArgumentException>(() => StartEncoder.Create(
            new StartOptions { Dimensions = 7, VocabularySize = 99, MaxTokens = 0, IdfPower = double.NaN, TokenizerKind = (TokenizerKind)9 }, Set)).Message;
        Assert.All(["dimensions", "vocabulary size", "max_tokens", "idf power", "tokenizer kind"], name => Assert.Contains(name, message, StringComparison.Ordinal));
    }

    private static int Id(StaticEncoder encoder, string token) => Enumerable.Range(0, encoder.Tokenizer.VocabularySize).First(i => encoder.Tokenizer.TokenOf(i) == token);
}
