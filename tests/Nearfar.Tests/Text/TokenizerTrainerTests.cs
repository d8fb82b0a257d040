using System.Text.Json;
using System.Text.Json.Nodes;
using Nearfar.Text;
using Xunit;

namespace Nearfar.Tests.Text;

public class TokenizerTrainerTests
{
    private static readonly string[] s_corpus = File.ReadAllLines(Fixture.PathOf("corpus.txt"));

    [Theory]
    [InlineData(TokenizerKind.WordPiece, 560)]
    [InlineData(TokenizerKind.Bpe, 600)]
    [InlineData(TokenizerKind.Unigram, 520)]
    public void Train_Corpus_GivesTheCommittedVocabulary(TokenizerKind kind, int size)
    {
        var learnt = TokenizerTrainer.Train(kind, size, s_corpus);
        string path = Fixture.PathOf($"learnt-{kind.ToString().ToLowerInvariant()}.json");
        if (Environment.GetEnvironmentVariable("NEARFAR_APPROVE") == "1")
        {
            File.WriteAllBytes(path, learnt.ToJson().ToArray());
        }

        // Scores end in a logarithm, whose last digit is the platform's; all else is compared to the letter.
        Assert.Equal(Rounded(File.ReadAllBytes(path)), Rounded(learnt.ToJson().ToArray()));
        Assert.Equal(size, learnt.VocabularySize);
    }

    [Theory]
    [InlineData(TokenizerKind.WordPiece)]
    [InlineData(TokenizerKind.Bpe)]
    [InlineData(TokenizerKind.Unigram)]
    public void Train_ShuffledTexts_GivesEqualBytes(TokenizerKind kind)
    {
        var forward = TokenizerTrainer.Train(kind, 500, s_corpus);
        var backward = TokenizerTrainer.Train(kind, 500, s_corpus.Reverse());
        Assert.Equal(forward.ToJson().ToArray(), backward.ToJson().ToArray());
    }

    [Theory]
    [InlineData(TokenizerKind.WordPiece, false)]
    [InlineData(TokenizerKind.WordPiece, true)]
    [InlineData(TokenizerKind.Bpe, false)]
    [InlineData(TokenizerKind.Unigram, false)]
    [InlineData(TokenizerKind.Unigram, true)]
    public void Train_RoomForAllCharacters_LeavesNothingUnknown(TokenizerKind kind, bool strip)
    {
        var learnt = TokenizerTrainer.Train(kind, 1500, s_corpus, new TokenizerTrainerOptions { StripAccents = strip });
        foreach (string text in s_corpus)
        {
            Assert.DoesNotContain(learnt.UnknownId ?? -1, learnt.Encode(text));
        }
    }

    [Fact]
    public void Train_KeepsKanaApart_UnlessAccentsAreStripped()
    {
        var kept = TokenizerTrainer.Train(TokenizerKind.WordPiece, 1500, s_corpus);
        var stripped = TokenizerTrainer.Train(TokenizerKind.WordPiece, 1500, s_corpus, new TokenizerTrainerOptions { StripAccents = true });
        Assert.NotEqual(kept.Encode("が"), kept.Encode("か"));
        Assert.Equal(stripped.Encode("が"), stripped.Encode("か"));
    }

    [Fact]
    public void Train_LargerVocabulary_NeedsFewerTokens()
    {
        foreach (var kind in Enum.GetValues<TokenizerKind>())
        {
            var options = new TokenizerTrainerOptions { MinCount = 1 };
            var small = TokenizerTrainer.Train(kind, 500, s_corpus, options);
            var large = TokenizerTrainer.Train(kind, 900, s_corpus, options);
            Assert.DoesNotContain(small.UnknownId ?? -1, s_corpus.SelectMany(t => small.Encode(t)));
            int few = s_corpus.Sum(t => small.Encode(t).Length);
            int many = s_corpus.Sum(t => large.Encode(t).Length);
            Assert.True(many < few, $"{kind}: {few} tokens at 500, {many} at 900");
        }
    }

    [Fact]
    public void Train_NotEnoughRoom_KeepsTheFrequentCharacters()
    {
        var learnt = TokenizerTrainer.Train(TokenizerKind.Unigram, 5, ["aaaa bbb cc d"]);
        Assert.Equal(5, learnt.VocabularySize);
        Assert.NotNull(learnt.IdOf("a"));
        Assert.Null(learnt.IdOf("d"));
    }

    [Fact]
    public void Train_NameOfASpecialTokenInTheTexts_IsNoPiece()
    {
        var learnt = TokenizerTrainer.Train(TokenizerKind.Unigram, 60, Enumerable.Repeat("<unk> and <pad> again <unk>", 9));
        Assert.Equal(1, learnt.IdOf("<unk>"));
    }

    [Fact]
    public void Train_BadOptions_AreNamedTogether()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            TokenizerTrainer.Train(TokenizerKind.Bpe, 256, s_corpus, new TokenizerTrainerOptions { MinCount = 0, LongestPiece = 1 }));
        Assert.Contains("size is 256", error.Message, StringComparison.Ordinal);
        Assert.Contains("MinCount is 0", error.Message, StringComparison.Ordinal);
        Assert.Contains("LongestPiece is 1", error.Message, StringComparison.Ordinal);
        Assert.Throws<NearfarException>(() => TokenizerTrainer.Train(TokenizerKind.WordPiece, 100, ["", "  "]));
    }

    private static string Rounded(byte[] json)
    {
        var root = JsonNode.Parse(json)!;
        if (root["model"]!["vocab"] is JsonArray pieces)
        {
            foreach (var piece in pieces)
            {
                piece![1] = Math.Round(piece[1]!.GetValue<double>(), 9);
            }
        }

        return root.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }
}
