using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Tests.Text;
using Nearfar.Tests.Training;
using Nearfar.Text;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Encoding;

/// <summary>A title as the field that counts more; the first tokens are in <see cref="StaticEncoderTests"/>.</summary>
public class LeadTokensTests
{
    private static readonly LeadOptions Title = new() { Of = LeadField.Title, Tokens = 3, Weight = 4 };

    [Theory]
    [InlineData(TermFrequency.Count, "", 512)]
    [InlineData(TermFrequency.Count, "late ", 9)]
    [InlineData(TermFrequency.Root, "late\norder\n", 6)]      // a prompt's newline ends no title
    public void Encode_Title_IsTheSumOverItsWordsSoOften(TermFrequency frequency, string prompt, int maxTokens)
    {
        const int D = 24;
        var options = new StaticEncoderOptions { TermFrequency = frequency, DocumentPrompt = prompt, MaxTokens = maxTokens };
        StaticEncoder encoder = SmallModels.Encoder(D, options with { Lead = Title }), plain = SmallModels.Encoder(D, options);
        var random = new SeededRandom(3);
        float[] into = new float[D], without = new float[D];
        int longer = 0, untitled = 0;
        for (int n = 0; n < 200; n++)
        {
            string title = SmallModels.Text(random), text = SmallModels.Text(random) + "\n" + SmallModels.Text(random);
            string content = new Document { Id = "d", Title = title, Text = n % 3 == 0 ? text.Replace('\n', ' ') : text }.Content;
            int end = content.IndexOf('\n', StringComparison.Ordinal);
            int[] field = Ids(end < 0 ? "" : content[..end]);
            longer += field.Length > 3 ? 1 : 0;
            untitled += end < 0 ? 1 : 0;
            int[] whole = [.. Ids(prompt).Concat(Ids(content)).Take(maxTokens)];
            int[] repeated = [.. whole.Skip(Ids(prompt).Length).Take(Math.Min(3, field.Length))];
            double[] sum = new double[D];
            foreach (var token in whole.Concat(repeated).Concat(repeated).Concat(repeated).GroupBy(id => id))
            {
                for (int d = 0; d < D; d++)
                {
                    sum[d] += encoder.TokenRows[token.Key][d] * (frequency == TermFrequency.Root ? Math.Sqrt(token.Count()) : token.Count());
                }
            }

            double length = Math.Sqrt(sum.Sum(x => x * x));
            Assert.Equal(length > 0, encoder.Encode(content, TextRole.Document, into, new TokenBuffer()));
            Assert.All(Enumerable.Range(0, D), d => Assert.Equal(length > 0 ? sum[d] / length : 0, into[d], 2e-6));
            Assert.Equal(plain.Encode(content, TextRole.Query, without, new TokenBuffer()), encoder.Encode(content, TextRole.Query, into, new TokenBuffer()));
            Assert.Equal(without, into);
        }

        Assert.True(longer > 50 && untitled > 2, $"{longer} titles longer than three tokens, {untitled} documents without one");

        // A word at a time, so that no border is looked for.
        static int[] Ids(string text) => [.. text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).SelectMany(word => SmallModels.Tokenizer.Encode(word))];
    }

    [Theory]
    [InlineData("refund my order")]             // one line: no title
    [InlineData("\nrefund my order")]           // an empty one
    [InlineData(" \t \nrefund my order")]
    [InlineData("")]
    [InlineData("\n")]
    public void Tokenise_NoTitle_RepeatsNothing(string content)
    {
        foreach (string prompt in new[] { "", "late ", "late\norder\n" })
        {
            Assert.Equal(Tokens(null, content, prompt), Tokens(Title, content, prompt));
        }
    }

    [Theory]
    [InlineData("refund plan\nmy order", "refund plan my order refund plan")]
    [InlineData("refund plan\n\n\nmy\norder", "refund plan my order refund plan")]
    [InlineData("refund plan\r\nmy order", "refund plan my order refund plan")]
    [InlineData("refund plan where is my\norder", "refund plan where is my order refund plan where")]
    [InlineData("refund zebra\norder", "refund [UNK] order refund [UNK]")]
    [InlineData("refund plan\n", "refund plan refund plan")]
    public void Tokenise_Title_RepeatsItBehindAll(string content, string expected)
    {
        var twice = Title with { Weight = 2 };
        Assert.Equal(expected, Tokens(twice, content, ""));
        Assert.Equal("late " + expected, Tokens(twice, content, "late\n"));
    }

    [Fact]
    public void Tokenise_TitleOverParts_RepeatsWordsAlone()
    {
        var grams = new GramTokenizer(SmallModels.Tokenizer, new GramOptions { Buckets = 30, AllWords = true, WordPairs = true }, 100);
        int[] once = Ids(grams, null, "refund my\norder", "late\n");
        Assert.True(once.Length > 4);
        Assert.Equal([.. once, .. once[1..3]], Ids(grams, Title with { Weight = 2 }, "refund my\norder", "late\n"));
        Assert.Equal([.. once, .. once[1..2]], Ids(grams, Title with { Weight = 2, Tokens = 1 }, "refund my\norder", "late\n"));
    }

    [Fact]
    public void Tokenise_TokenOverTheBorder_IsNotTheTitles()
    {
        var words = new ToyTokenizer("a b b\nc d".Split(' '));       // the newline parts no words here
        int[] once = Ids(words, null, "a b\nc d", "");
        Assert.Equal(["a", "b\nc", "d"], once.Select(words.TokenOf));
        Assert.Equal([.. once, once[0]], Ids(words, Title with { Weight = 2 }, "a b\nc d", ""));
    }

    public static TheoryData<string, string> Tokenizers()
    {
        var data = new TheoryData<string, string>();
        foreach (string kind in (string[])["wordpiece", "bpe", "unigram"])
        {
            foreach (var item in HuggingFaceIdsTests.Read(kind)["cases"]!.AsArray())
            {
                data.Add(kind, item!["name"]!.GetValue<string>());
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(Tokenizers))]
    public void Tokenise_TokenizersOfEveryKind_RepeatTheTitlesTokensAlone(string kind, string name)
    {
        var fixture = HuggingFaceIdsTests.Read(kind);
        var json = fixture["cases"]!.AsArray().Single(c => c!["name"]!.GetValue<string>() == name)!["tokenizer"]!.DeepClone();
        json["model"] = fixture["models"]![json["model"]!.GetValue<string>()]!.DeepClone();
        var tokenizer = TokenizerJson.Load(json);
        foreach (string text in fixture["texts"]!.AsArray().Select(t => t!.GetValue<string>()).Where(t => t.Split('\n')[0] is [.., var last] && !char.IsWhiteSpace(last)))      // a space may join the newline
        {
            foreach (string body in new[] { "the body of it", " \n\u0301accent", "" })
            {
                string content = text + "\n" + body;
                int[] whole = Ids(tokenizer, null, content, ""), title = Ids(tokenizer, null, content[..content.IndexOf('\n', StringComparison.Ordinal)], "");
                int[] all = Ids(tokenizer, Title with { Tokens = 4096, Weight = 2 }, content, "");
                Assert.Equal(whole, all[..whole.Length]);
                Assert.True(title.AsSpan().SequenceEqual(all.AsSpan(whole.Length)), $"\"{content}\": {string.Join(' ', title)} wanted, {string.Join(' ', all[whole.Length..])} came of {string.Join(' ', whole)}");
            }
        }
    }

    private static string Tokens(LeadOptions? lead, string content, string prompt) => string.Join(' ', Ids(SmallModels.Tokenizer, lead, content, prompt).Select(SmallModels.Tokenizer.TokenOf));

    private static int[] Ids(ITokenizer tokenizer, LeadOptions? lead, string content, string prompt)
    {
        var buffer = new TokenBuffer();
        StaticEncoder.Tokenise(tokenizer, new StaticEncoderOptions { MaxTokens = 4096, DocumentPrompt = prompt, Lead = lead }, content, TextRole.Document, buffer);
        return buffer.Ids.ToArray();
    }
}
