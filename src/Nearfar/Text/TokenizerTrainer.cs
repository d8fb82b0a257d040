using System.Text;
using System.Text.Json;
using Nearfar.Text.Learning;
using Nearfar.Text.Models;
using Nearfar.Text.Normalizers;
using Nearfar.Text.PreTokenizers;

namespace Nearfar.Text;

/// <summary>Learns a vocabulary from texts in any language.</summary>
/// <remarks>
/// Deterministic: the same texts, in any order, give the same bytes. No character of the texts is unknown while the size allows; where
/// it does not, the rarest go first. Hugging Face's library loads what <see cref="Tokenizer.ToJson"/> writes and gives the same ids.
/// </remarks>
public static class TokenizerTrainer
{
    /// <summary>Learns a vocabulary.</summary>
    /// <param name="kind">How words are cut.</param>
    /// <param name="size">
    /// Ids at most, special tokens included; fewer when the texts hold fewer pieces. At least 6 (WordPiece), 3 (Unigram) or 257 (BPE: one for each byte).
    /// </param>
    /// <param name="texts">Read once.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The size or an option is out of range; all problems in one message.</exception>
    /// <exception cref="NearfarException">The texts hold no word.</exception>
    public static Tokenizer Train(TokenizerKind kind, int size, IEnumerable<string> texts, TokenizerTrainerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new TokenizerTrainerOptions();
        Check(kind, size, options);
        return new Tokenizer(kind switch
        {
            TokenizerKind.WordPiece => TrainWordPiece(size, texts, options),
            TokenizerKind.Bpe => TrainBpe(size, texts, options),
            _ => TrainUnigram(size, texts, options),
        });
    }

    private static readonly string[] s_wordPieceSpecials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    private static readonly string[] s_unigramSpecials = ["<pad>", "<unk>"];
    private static readonly string[] s_bpeSpecials = ["<pad>"];

    private static void Check(TokenizerKind kind, int size, TokenizerTrainerOptions options)
    {
        var problems = new List<string>();
        int least = kind switch
        {
            TokenizerKind.WordPiece => s_wordPieceSpecials.Length + 1,
            TokenizerKind.Bpe => s_bpeSpecials.Length + 256,
            TokenizerKind.Unigram => s_unigramSpecials.Length + 1,
            _ => int.MaxValue,
        };
        if (least == int.MaxValue)
        {
            problems.Add($"the kind is {kind}; wanted is WordPiece, Bpe or Unigram");
        }
        else if (size < least || size > 1 << 20)
        {
            problems.Add($"the size is {size}; wanted is {least} to {1 << 20} for {kind}");
        }

        if (options.MinCount < 1)
        {
            problems.Add($"MinCount is {options.MinCount}; wanted is at least 1");
        }

        if (options.LongestPiece is < 2 or > 64)
        {
            problems.Add($"LongestPiece is {options.LongestPiece}; wanted is 2 to 64");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException($"The vocabulary cannot be learnt: {string.Join("; ", problems)}.");
        }
    }

    private static TokenizerParts TrainWordPiece(int size, IEnumerable<string> texts, TokenizerTrainerOptions options)
    {
        const string Prefix = "##";
        const int LongestWord = 100;
        var normalizer = new BertNormalizer(cleanText: true, spaceIdeographs: true, options.StripAccents, options.Lowercase);
        var preTokenizer = new BertPreTokenizer();
        var words = PieceCounter.Count(texts, normalizer, preTokenizer);
        words.RemoveAll(w => Unicode.CodePoints.Count(w.Piece) > LongestWord);
        var learner = new MergeLearner(words, s_wordPieceSpecials, size, Prefix, options.MinCount, byLikelihood: true);
        learner.Learn();
        return new TokenizerParts(new WordPieceModel(new Vocabulary(Ids(learner.Tokens)), "[UNK]", Prefix, LongestWord))
        {
            AddedTokens = Special(s_wordPieceSpecials),
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            Template = new TokenTemplate([2], [3], Json("""
                {"type":"TemplateProcessing",
                 "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
                 "pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},
                         {"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"[SEP]","type_id":1}}],
                 "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}}
                """)),
            Decoder = Json("""{"type":"WordPiece","prefix":"##","cleanup":true}"""),
        };
    }

    private static TokenizerParts TrainBpe(int size, IEnumerable<string> texts, TokenizerTrainerOptions options)
    {
        var normalizer = Normalizer(options);
        var preTokenizer = new ByteLevelPreTokenizer(addPrefixSpace: true, trimOffsets: true, useRegex: true);
        var words = PieceCounter.Count(texts, normalizer, preTokenizer);
        var alphabet = ByteAlphabet.Characters.ToArray().Select(c => c.ToString());
        var learner = new MergeLearner(words, [.. s_bpeSpecials, .. alphabet], size, prefix: "", options.MinCount, byLikelihood: false);
        learner.Learn();
        return new TokenizerParts(new BpeModel(new Vocabulary(Ids(learner.Tokens)), learner.Merges, new BpeOptions()))
        {
            AddedTokens = Special(s_bpeSpecials),
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            Decoder = Json("""{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}"""),
        };
    }

    private static TokenizerParts TrainUnigram(int size, IEnumerable<string> texts, TokenizerTrainerOptions options)
    {
        var normalizer = Normalizer(options);
        var preTokenizer = new SequencePreTokenizer(
            [new WhitespaceSplit(), new MetaspacePreTokenizer('\u2581', MetaspacePrepend.Always, split: true)]);
        var words = PieceCounter.Count(texts, normalizer, preTokenizer);
        var pieces = new UnigramLearner(words, s_unigramSpecials, size - s_unigramSpecials.Length, options).Learn();
        string[] tokens = [.. s_unigramSpecials, .. pieces.Select(p => p.Piece)];
        double[] scores = [.. s_unigramSpecials.Select(_ => 0.0), .. pieces.Select(p => p.Score)];
        return new TokenizerParts(new UnigramModel(new Vocabulary(Ids(tokens)), scores, unknownId: 1, byteFallback: false))
        {
            AddedTokens = Special(s_unigramSpecials),
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            Decoder = Json("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}"""),
        };
    }

    // Compatibility forms fold full-width letters and ligatures; the accents that remain are set back onto their letters.
    private static SequenceNormalizer Normalizer(TokenizerTrainerOptions options)
    {
        var steps = new List<Normalizer> { new FormNormalizer(NormalizationForm.FormKC) };
        if (options.Lowercase)
        {
            steps.Add(new LowercaseNormalizer());
        }

        if (options.StripAccents)
        {
            steps.AddRange([new FormNormalizer(NormalizationForm.FormD), new StripAccentsNormalizer(), new FormNormalizer(NormalizationForm.FormC)]);
        }

        return new SequenceNormalizer(steps);
    }

    private static Dictionary<string, int> Ids(IReadOnlyList<string> tokens)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string token in tokens)
        {
            ids.Add(token, ids.Count);
        }

        return ids;
    }

    private static AddedToken[] Special(string[] tokens) =>
        [.. tokens.Select((t, id) => new AddedToken(id, t, SingleWord: false, StripLeft: false, StripRight: false, Normalized: false, Special: true))];

    private static JsonElement Json(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
