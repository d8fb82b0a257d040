using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Microsoft.ML.Tokenizers;
using Nearfar.Text;
using Xunit;
using Tokenizer = Nearfar.Text.Tokenizer;

namespace Nearfar.Tests.Text;

public class TokenizerTests
{
    private static readonly string[] s_kinds = ["wordpiece", "bpe", "unigram"];

    private static readonly Gen<string> s_text = Gen.OneOf(
        Gen.Char[' ', '~'], Gen.Char['\u00C0', '\u024F'], Gen.Char['\u0300', '\u036F'], Gen.Char['\u3040', '\u30FF'], Gen.Char['\uAC00', '\uAC20'], Gen.Char['\0', '\uFFFF'])
        .Array[0, 40].Select(c => new string(c));

    private static Tokenizer Learnt(string kind) => Tokenizer.Load(Fixture.PathOf($"learnt-{kind}.json"));

    [Fact]
    public void Encode_WordPiece_AgreesWithPlainLoops()
    {
        var tokenizer = Learnt("wordpiece");
        var vocabulary = JsonNode.Parse(File.ReadAllBytes(Fixture.PathOf("learnt-wordpiece.json")))!["model"]!["vocab"]!.AsObject()
            .ToDictionary(p => p.Key, p => p.Value!.GetValue<int>(), StringComparer.Ordinal);
        Gen.Char[' ', '~'].Array[0, 60].Select(c => new string(c)).Sample(text =>
            Assert.Equal(PlainWordPiece(text, vocabulary), tokenizer.Encode(text)));
        foreach (string text in File.ReadLines(Fixture.PathOf("corpus.txt")))
        {
            // What the plain loops leave out, marks and ideographs, the corpus lines of Latin script do not have.
            if (text.All(c => c < 0x250))
            {
                Assert.Equal(PlainWordPiece(text, vocabulary), tokenizer.Encode(text));
            }
        }
    }

    private static List<int> PlainWordPiece(string text, Dictionary<string, int> vocabulary)
    {
        var words = new List<string> { "" };
        foreach (char c in text.ToLowerInvariant())
        {
            if (c == ' ')
            {
                words.Add("");
            }
            else if (char.IsPunctuation(c) || (c < 128 && char.IsSymbol(c)))
            {
                words.AddRange([c.ToString(), ""]);
            }
            else
            {
                words[^1] += c;
            }
        }

        var ids = new List<int>();
        foreach (string word in words.Where(w => w.Length > 0))
        {
            var pieces = new List<int>();
            int start = 0;
            while (start < word.Length)
            {
                int end = word.Length;
                while (end > start && !vocabulary.ContainsKey((start > 0 ? "##" : "") + word[start..end]))
                {
                    end--;
                }

                if (end == start)
                {
                    pieces = [vocabulary["[UNK]"]];
                    break;
                }

                pieces.Add(vocabulary[(start > 0 ? "##" : "") + word[start..end]]);
                start = end;
            }

            ids.AddRange(pieces);
        }

        return ids;
    }

    [Fact]
    public void Encode_ByteLevelBpe_AgreesWithMicrosoftMlTokenizers()
    {
        var json = JsonNode.Parse(File.ReadAllBytes(Fixture.PathOf("learnt-bpe.json")))!;
        json["normalizer"] = null;
        json["added_tokens"] = new JsonArray();
        json["pre_tokenizer"]!["add_prefix_space"] = false;
        var ours = TokenizerJson.Load(json);
        var vocabulary = json["model"]!["vocab"]!.AsObject().Select(p => KeyValuePair.Create(p.Key, p.Value!.GetValue<int>()));
        var theirs = BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = json["model"]!["merges"]!.AsArray().Select(m => $"{m![0]} {m[1]}"),
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(new(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", System.Text.RegularExpressions.RegexOptions.CultureInvariant), null),
        });
        foreach (string text in File.ReadLines(Fixture.PathOf("corpus.txt")))
        {
            Assert.Equal(theirs.EncodeToIds(text), ours.Encode(text));
        }

        Gen.OneOf(Gen.Char[' ', '~'], Gen.Char['\u00C0', '\u024F'], Gen.Char['\u3040', '\u30FF']).Array[0, 60].Select(c => new string(c)).Sample(text =>
            Assert.Equal(theirs.EncodeToIds(text), ours.Encode(text)));
    }

    [Fact]
    public void Encode_Unigram_FindsTheBestOfAllCuts()
    {
        var json = JsonNode.Parse("""
            {"model":{"type":"Unigram","unk_id":0,"vocab":[["?",0],["a",-3],["b",-3.5],["ab",-5],["ba",-4],["aba",-9],["bab",-6.25],["abab",-11]]}}
            """)!;
        var tokenizer = TokenizerJson.Load(json);
        var scores = json["model"]!["vocab"]!.AsArray().ToDictionary(p => p![0]!.GetValue<string>(), p => p![1]!.GetValue<double>(), StringComparer.Ordinal);
        Gen.Char['a', 'b'].Array[1, 12].Select(c => new string(c)).Sample(text =>
        {
            double ours = tokenizer.Tokens(text).Sum(t => scores[t]);
            Assert.Equal(text, string.Concat(tokenizer.Tokens(text)));
            Assert.Equal(BestCut(text, scores), ours, 9);
        });
    }

    private static double BestCut(string text, Dictionary<string, double> scores) => text.Length == 0 ? 0 : Enumerable.Range(1, text.Length)
        .Where(n => scores.ContainsKey(text[..n])).Select(n => scores[text[..n]] + BestCut(text[n..], scores)).DefaultIfEmpty(double.NegativeInfinity).Max();

    [Fact]
    public void Encode_LongPiece_MergesAsAShortOne()
    {
        // The queue for long pieces and the scan for short ones must not differ: "x" is in no merge, so it only changes the length.
        var json = JsonNode.Parse("""{"model":{"type":"BPE","vocab":{"a":0,"b":1,"x":2,"ab":3,"ba":4,"aba":5,"abab":6},"merges":["b a","a b","ab a","ab ab"]}}""")!;
        var tokenizer = TokenizerJson.Load(json);
        string tail = new('x', 100);
        Gen.Char['a', 'b'].Array[1, 30].Select(c => new string(c)).Sample(text =>
            Assert.Equal([.. tokenizer.Encode(text), .. Enumerable.Repeat(2, 100)], tokenizer.Encode(text + tail)));
    }

    [Fact]
    public void Encode_AnyText_IsTheSameAgainBehindOtherTextAndOnAnyThread()
    {
        foreach (string kind in s_kinds)
        {
            var tokenizer = Learnt(kind);
            var texts = new List<string>();
            s_text.Sample(text =>
            {
                lock (texts)
                {
                    texts.Add(text);
                }
            }, iter: 500);
            var alone = texts.Select(tokenizer.Encode).ToArray();
            Parallel.For(0, 4, _ =>
            {
                var buffer = new TokenBuffer();
                for (int i = 0; i < texts.Count; i++)
                {
                    int before = buffer.Count;
                    tokenizer.Encode(texts[i], buffer);
                    Assert.Equal(alone[i], buffer.Ids[before..].ToArray());
                    Assert.All(alone[i], id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
                }
            });
        }
    }

    [Fact]
    public void Encode_OneBufferForTwoTokenizers_MixesNothing()
    {
        var (first, second) = (Learnt("bpe"), Learnt("unigram"));
        var buffer = new TokenBuffer();
        foreach (var tokenizer in (Tokenizer[])[first, second, first, second])
        {
            buffer.Clear();
            tokenizer.Encode("refund refund", buffer);
            Assert.Equal(tokenizer.Encode("refund refund"), buffer.Ids.ToArray());
        }
    }

    [Fact]
    public void Encode_OnceWarm_AllocatesNothing()
    {
        string[] texts = File.ReadAllLines(Fixture.PathOf("corpus.txt"));
        foreach (string kind in s_kinds)
        {
            var tokenizer = Learnt(kind);
            var buffer = new TokenBuffer();
            void EncodeAll()
            {
                foreach (string text in texts)
                {
                    buffer.Clear();
                    tokenizer.Encode(text, buffer);
                }
            }

            EncodeAll();
            EncodeAll();
            // The least of several passes: what the tokenizer allocates it allocates in each; what the run-time does on this thread it does once.
            long least = Enumerable.Range(0, 10).Min(_ =>
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                EncodeAll();
                return GC.GetAllocatedBytesForCurrentThread() - before;
            });
            Assert.Equal(0, least);
        }
    }

    [Fact]
    public void Encode_LoneSurrogate_CountsAsReplacementCharacter()
    {
        foreach (string kind in s_kinds)
        {
            var tokenizer = Learnt(kind);
            Assert.Equal(tokenizer.Encode("a\uFFFDb \uFFFD"), tokenizer.Encode("a\uD800b \uDC00"));
        }
    }

    [Fact]
    public void Normalization_UpToUnicode11_AgreesWithThePlatform()
    {
        Assert.SkipWhen("é".Normalize(NormalizationForm.FormD).Length != 2, "the platform does not normalise under InvariantGlobalization");
        var forms = new[] { NormalizationForm.FormC, NormalizationForm.FormD, NormalizationForm.FormKC, NormalizationForm.FormKD };
        var tokenizers = forms.ToDictionary(f => f, f => new Nearfar.Text.Normalizers.FormNormalizer(f));
        var gen = Gen.OneOf(Gen.Int[0x20, 0x24F], Gen.Int[0x300, 0x36F], Gen.Int[0x370, 0x5FF], Gen.Int[0x900, 0xDFF], Gen.Int[0x1100, 0x11FF], Gen.Int[0x1E00, 0x1FFF],
            Gen.Int[0x2100, 0x218F], Gen.Int[0x3040, 0x30FF], Gen.Int[0xAC00, 0xD7A3], Gen.Int[0xF900, 0xFAD9], Gen.Int[0xFB00, 0xFDFF], Gen.Int[0xFE70, 0xFFEE], Gen.Int[0x1D15E, 0x1D1E8], Gen.Int[0x1D400, 0x1D7FF])
            .Where(c => CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.OtherNotAssigned && c is not (0x32FF or 0x1F16C) and not (>= 0x860 and <= 0x8FF) and not 0xD04 and not 0xC04 and not 0xC3C and not 0xB55);
        gen.Array[1, 12].Select(c => string.Concat(c.Select(char.ConvertFromUtf32))).Sample(text =>
        {
            foreach (var form in forms)
            {
                var into = new Nearfar.Text.Unicode.CharBuffer();
                tokenizers[form].Apply(text, new TokenizerScratch(), into);
                Assert.Equal(text.Normalize(form), into.Span.ToString());
            }
        });
    }

    [Fact]
    public void Encode_PretrainedFiles_GiveKnownTokens()
    {
        string? data = Environment.GetEnvironmentVariable("NEARFAR_DATA");
        string path = Path.Combine(data ?? "", "tokenizers", "t5-small-tokenizer.json");
        Assert.SkipWhen(!File.Exists(path), $"NEARFAR_DATA has no {path}");
        var t5 = Tokenizer.Load(path);
        Assert.Equal(["▁How", "▁do", "▁I", "▁get", "▁", "a", "▁refund", "?"], t5.Tokens("How do I  get a refund?"));
        var buffer = new TokenBuffer();
        t5.EncodeWithSpecialTokens("<extra_id_0> x", buffer);
        Assert.Equal([32099, 3, 226, 1], buffer.Ids.ToArray());
    }
}
