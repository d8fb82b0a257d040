using Nearfar.Encoding;
using Nearfar.Tests.Encoding;
using Nearfar.Text;
using Nearfar.Training;
using Xunit;

namespace Nearfar.Tests.Training;

/// <summary>Training texts that are cut earlier than the encoder's.</summary>
public class TrainingCutTests
{
    private static readonly ToyTokenizer Words = new("a b c d e f".Split(' '));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, "a1 b1 c2 d1 e1", "b1 c1 d1")]
    [InlineData(6, "a1 b1 c2 d1 e1", "b1 c1 d1")]
    [InlineData(3, "a1 b1 c1", "b1 c1 d1")]
    [InlineData(1, "a1", "b1")]
    public void Reading_MaxTokens_CutsTheBagsThere(int? tokens, string document, string query) => Assert.Equal([document, query], Bags(new StaticEncoderOptions { MaxTokens = 6 }, tokens));

    [Fact]
    public void Reading_MaxTokens_CountsThePromptAndLeavesTheLead()
    {
        var options = new StaticEncoderOptions { DocumentPrompt = "f ", Lead = new LeadOptions { Tokens = 2, Weight = 3 } };
        Assert.Equal(["a3 b3 c2 d1 e1 f1", "b1 c1 d1"], Bags(options, null));
        Assert.Equal(["a3 b3 c1 f1", "b1 c1 d1"], Bags(options, 4));      // prompt and three words; the first two of them thrice
        Assert.Equal(["a3 f1", "b1 c1"], Bags(options, 2));
    }

    [Fact]
    public void Reading_MaxTokens_CutsTheTitleToo()
    {
        var options = new StaticEncoderOptions { DocumentPrompt = "f ", Lead = new LeadOptions { Of = LeadField.Title, Tokens = 4, Weight = 3 } };
        const string Titled = "a b c \n d a";
        Assert.Equal(["a4 b3 c3 d1 f1", "b1 c1 d1"], Bags(options, null, Titled));
        Assert.Equal(["a3 b3 f1", "b1 c1 d1"], Bags(options, 3, Titled));       // prompt and two words of the title
        Assert.Equal(["a1 b1 c2 d1 e1 f1", "b1 c1 d1"], Bags(options, null));   // one line
    }

    [Fact]
    public void Reading_OverPartsOfWords_IsThatOfAnEncoderWithTheSameCut()
    {
        var options = new StaticEncoderOptions { MaxTokens = StaticEncoderOptions.NoCut, Lead = new LeadOptions { Tokens = 2, Weight = 3 } };
        var grams = new GramOptions { Buckets = 50, AllWords = true, WordPairs = true };
        TrainingText[] texts = [new("refund my order of the annual plan", TextRole.Document), new("where is my order", TextRole.Query)];
        StaticStart long_ = Start(100), cut = Start(3);
        Assert.Equal(Entries(cut, null), Entries(long_, 3));
        Assert.NotEqual(Entries(long_, null), Entries(long_, 3));
        Assert.Contains("reads 101 tokens of a text (train.max_tokens), and the encoder 100.", Assert.Throws<NearfarException>(() => long_.Reading(101)).Message, StringComparison.Ordinal);

        StaticStart Start(int maxTokens) => StaticStart.Random(new GramTokenizer(SmallModels.Tokenizer, grams, maxTokens), 4, 1, options);

        (int, float)[] Entries(StaticStart start, int? tokens)
        {
            var (tokenizer, reading) = start.Reading(tokens);
            var bags = TokenBags.From(texts, tokenizer, reading);
            return [.. bags.Entries.Select(e => (bags.Vocabulary[e.Row], e.Weight))];
        }
    }

    [Fact]
    public async Task BeginAsync_AboveTheEncodersLimit_IsRefusedWithBoth()
    {
        var start = StaticStart.Random(Words, 4, 1, new StaticEncoderOptions { MaxTokens = 6 });
        var e = await Assert.ThrowsAsync<NearfarException>(async () => await start.BeginAsync([], new TrainingOptions { MaxTokens = 7 }, Token));
        Assert.Contains("reads 7 tokens of a text (train.max_tokens), and the encoder 6.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BeginAsync_OfAnAdapter_IsRefused()
    {
        var start = new AdapterStart(SmallModels.Encoder(8), new AdapterOptions());
        var e = await Assert.ThrowsAsync<ArgumentException>(async () => await start.BeginAsync([], new TrainingOptions { MaxTokens = 7 }, Token));
        Assert.Contains("MaxTokens is set, and an adapter", e.Message, StringComparison.Ordinal);
    }

    // A document and a query of seven tokens: known words with how often they count, the rest unknown.
    private static string[] Bags(StaticEncoderOptions options, int? tokens, string document = "a b c d c e x")
    {
        var (tokenizer, reading) = StaticStart.Random(Words, 4, 1, options).Reading(tokens);
        var bags = TokenBags.From([new(document, TextRole.Document), new("b c d", TextRole.Query)], tokenizer, reading);
        return [.. Enumerable.Range(0, 2).Select(t => string.Join(' ', bags.Entries[bags.Offsets[t]..bags.Offsets[t + 1]].Select(e => $"{Words.TokenOf(bags.Vocabulary[e.Row])}{e.Weight}")))];
    }
}
