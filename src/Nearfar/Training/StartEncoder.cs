using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Text;
using Nearfar.Training.Streaming;

namespace Nearfar.Training;

/// <summary>Makes the encoder that training starts from: the "untrained" row of every report.</summary>
public static class StartEncoder
{
    /// <summary>Reads or makes the start: a model folder's rows, or seeded random rows over a vocabulary of the texts.</summary>
    /// <param name="options">Checked before any work.</param>
    /// <param name="set">Its corpus and questions give the learned vocabulary and the word weights; held-out questions have no part in it.</param>
    /// <exception cref="ArgumentException">Unsound options; all problems in one message.</exception>
    /// <exception cref="NearfarException">The model or tokenizer cannot be read.</exception>
    public static StaticEncoder Create(StartOptions options, TrainingSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return Create(options, () => TextsOf(set));
    }

    /// <summary>The same of pairs that stream: what a start learns from texts (vocabulary, word weights) it learns from the corpus and an even random sample of the pairs.</summary>
    /// <param name="options">Checked before any work; their seed draws the sample.</param>
    /// <param name="stream">Read once where the start learns from texts, else not at all.</param>
    /// <param name="sample">Pairs of the sample, at least 1; a file that has no more gives all.</param>
    /// <exception cref="ArgumentException">Unsound options; all problems in one message.</exception>
    /// <exception cref="NearfarException">The model, the tokenizer or the pairs cannot be read.</exception>
    public static StaticEncoder Create(StartOptions options, StreamedPairs stream, int sample)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sample);
        return Create(options, () => stream.SampleTexts(sample, options.Seed));
    }

    private static StaticEncoder Create(StartOptions options, Func<string[]> textsOf)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException($"Start options: {string.Join("; ", problems)}.", nameof(options));
        }

        if (options.From is null)
        {
            return options.Adapter is null ? Random(options, textsOf()) : throw new NearfarException("An adapter wants a frozen encoder: name a model folder or a provider's kind (encoder: {kind: adapter, from: …}), or hand the encoder over.");
        }

        var encoder = StaticEncoder.Load(options.From);
        if (encoder.Options.Quantization is not null)
        {
            throw new NearfarException(options.From, 0, "is a quantised model: training would change the vectors that its ranges were taken from. Train from the model that it was made from, then quantise again with nearfar cut.");
        }

        var kept = encoder.Options with { MaxTokens = options.MaxTokens ?? encoder.Options.MaxTokens };
        var wanted = options.QueryPrompt.Length + options.DocumentPrompt.Length == 0
            ? kept
            : kept with { QueryPrompt = options.QueryPrompt, DocumentPrompt = options.DocumentPrompt };
        if (options.ExtraDimensions == 0 && options.Grams is null && options.EffectiveIdfPower == 0)
        {
            return wanted == encoder.Options ? encoder : encoder.With(wanted);
        }

        return Extended(encoder, options, wanted, textsOf());
    }

    private static StaticEncoder Random(StartOptions options, string[] texts)
    {
        var inner = options.TokenizerFrom is { } path
            ? Tokenizer.Load(Directory.Exists(path) ? Path.Combine(path, "tokenizer.json") : path)
            : TokenizerTrainer.Train(options.TokenizerKind, options.VocabularySize, texts);
        var wanted = new StaticEncoderOptions { MaxTokens = options.MaxTokens ?? StartOptions.DefaultMaxTokens, QueryPrompt = options.QueryPrompt, DocumentPrompt = options.DocumentPrompt, Label = "untrained" };
        var tokenizer = WithGrams(inner, options, ref wanted);
        float[] rows = StaticStart.Random(tokenizer, options.Dimensions, options.Seed).Rows.ToArray();
        Weigh(rows, options.Dimensions, options.EffectiveIdfPower, tokenizer, texts);
        return StaticEncoder.Over(tokenizer, rows, options.Dimensions, wanted);
    }

    // A model's rows at root mean square 1, random values where it has none, then the word weights over all.
    private static StaticEncoder Extended(StaticEncoder encoder, StartOptions options, StaticEncoderOptions wanted, string[] texts)
    {
        if (options.Grams is not null && encoder.Tokenizer is not Tokenizer)
        {
            throw new NearfarException(options.From!, 0, "has parts of words as tokens already. Leave grams out, or start from the model that it was made of.");
        }

        var tokenizer = encoder.Tokenizer is Tokenizer inner ? WithGrams(inner, options, ref wanted) : encoder.Tokenizer;
        int dimensions = encoder.Dimensions + options.ExtraDimensions;
        var known = StaticStart.From(encoder).Rows.Span;
        float[] rows = StaticStart.Random(tokenizer, dimensions, options.Seed).Rows.ToArray();
        for (int id = 0; id < encoder.TokenRows.Count; id++)
        {
            known.Slice(id * encoder.Dimensions, encoder.Dimensions).CopyTo(rows.AsSpan(id * dimensions));
        }

        Weigh(rows, dimensions, options.EffectiveIdfPower, tokenizer, texts);
        return StaticEncoder.Over(tokenizer, rows, dimensions, wanted with { Label = "untrained" });
    }

    // The cut moves into the tokenizer: parts of words must not push words out of a text.
    private static ITokenizer WithGrams(Tokenizer inner, StartOptions options, ref StaticEncoderOptions wanted)
    {
        if (options.Grams is null)
        {
            return inner;
        }

        var tokenizer = new GramTokenizer(inner, options.Grams, wanted.MaxTokens);
        wanted = wanted with { MaxTokens = StaticEncoderOptions.NoCut };
        return tokenizer;
    }

    private static string[] TextsOf(TrainingSet set) =>
        [.. set.Corpus.Documents.Select(d => d.Content).Concat(set.Pairs.Select(p => p.Query)).Distinct(StringComparer.Ordinal)];

    private static void Weigh(float[] rows, int dimensions, double power, ITokenizer tokenizer, string[] texts)
    {
        if (power == 0)
        {
            return;
        }

        int[] frequency = new int[tokenizer.VocabularySize];
        int[] last = new int[tokenizer.VocabularySize];
        var buffer = new TokenBuffer();
        for (int text = 0; text < texts.Length; text++)
        {
            buffer.Clear();
            tokenizer.Encode(texts[text], buffer);
            foreach (int id in buffer.Ids)
            {
                if (last[id] != text + 1)
                {
                    last[id] = text + 1;
                    frequency[id]++;
                }
            }
        }

        for (int id = 0; id < frequency.Length; id++)
        {
            float weight = (float)Math.Pow(Math.Log((texts.Length + 1.0) / (frequency[id] + 1.0)) + 1, power);
            foreach (ref float value in rows.AsSpan(id * dimensions, dimensions))
            {
                value *= weight;
            }
        }
    }
}
