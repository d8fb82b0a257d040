using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Text;

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
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(set);
        if (options.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException($"Start options: {string.Join("; ", problems)}.", nameof(options));
        }

        if (options.From is not null)
        {
            var encoder = StaticEncoder.Load(options.From);
            var kept = encoder.Options with { MaxTokens = options.MaxTokens ?? encoder.Options.MaxTokens };
            var wanted = options.QueryPrompt.Length + options.DocumentPrompt.Length == 0
                ? kept
                : kept with { QueryPrompt = options.QueryPrompt, DocumentPrompt = options.DocumentPrompt };
            return wanted == encoder.Options ? encoder : encoder.With(wanted);
        }

        string[] texts = [.. set.Corpus.Documents.Select(d => d.Content).Concat(set.Pairs.Select(p => p.Query)).Distinct(StringComparer.Ordinal)];
        var tokenizer = options.TokenizerFrom is { } path
            ? Tokenizer.Load(Directory.Exists(path) ? Path.Combine(path, "tokenizer.json") : path)
            : TokenizerTrainer.Train(options.TokenizerKind, options.VocabularySize, texts);
        var start = StaticStart.Random(tokenizer, options.Dimensions, options.Seed);
        float[] rows = start.Rows.ToArray();
        Weigh(rows, options, tokenizer, texts);
        return StaticEncoder.Over(tokenizer, rows, options.Dimensions,
            new StaticEncoderOptions { MaxTokens = options.MaxTokens ?? StartOptions.DefaultMaxTokens, QueryPrompt = options.QueryPrompt, DocumentPrompt = options.DocumentPrompt, Label = "untrained" });
    }

    private static void Weigh(float[] rows, StartOptions options, Tokenizer tokenizer, string[] texts)
    {
        if (options.IdfPower == 0)
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
            float weight = (float)Math.Pow(Math.Log((texts.Length + 1.0) / (frequency[id] + 1.0)) + 1, options.IdfPower);
            foreach (ref float value in rows.AsSpan(id * options.Dimensions, options.Dimensions))
            {
                value *= weight;
            }
        }
    }
}
