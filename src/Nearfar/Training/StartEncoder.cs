using System.Numerics.Tensors;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Text;
using Nearfar.Training.Streaming;

namespace Nearfar.Training;

/// <summary>Makes the encoder that training starts from: the "untrained" row of every report.</summary>
public static class StartEncoder
{
    // No letters, so that it is no word whose parts or pairs would count.
    private const string PivotToken = "[¶]";

    /// <summary>Reads or makes the start: a model folder's rows, or seeded random rows over a vocabulary of the texts.</summary>
    /// <param name="options">Checked before any work.</param>
    /// <param name="set">Its corpus and questions give the learned vocabulary and the word weights; held-out questions have no part in it.</param>
    /// <exception cref="ArgumentException">Unsound options; all problems in one message.</exception>
    /// <exception cref="NearfarException">The model or tokenizer cannot be read.</exception>
    public static StaticEncoder Create(StartOptions options, TrainingSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return Create(options, () => TextsOf(set), set.Corpus);
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
        return Create(options, () => stream.SampleTexts(sample, options.Seed), stream.Corpus);
    }

    private static StaticEncoder Create(StartOptions options, Func<string[]> textsOf, Corpus corpus)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException($"Start options: {string.Join("; ", problems)}.", nameof(options));
        }

        if (options.From is null)
        {
            return options.Adapter is null ? Random(options, textsOf(), corpus) : throw new NearfarException("An adapter wants a frozen encoder: name a model folder or a provider's kind (encoder: {kind: adapter, from: …}), or hand the encoder over.");
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
        wanted = wanted with { TermFrequency = options.TermFrequency ?? wanted.TermFrequency, Lead = options.Lead ?? wanted.Lead };
        if (options.ExtraDimensions == 0 && options.Pivot == 0 && options.Grams is null && options.EffectiveIdfPower == 0)
        {
            return wanted == encoder.Options ? encoder : encoder.With(wanted);
        }

        return Extended(encoder, options, wanted, textsOf, corpus);
    }

    private static StaticEncoder Random(StartOptions options, string[] texts, Corpus corpus)
    {
        var inner = options.TokenizerFrom is { } path
            ? Tokenizer.Load(Directory.Exists(path) ? Path.Combine(path, "tokenizer.json") : path)
            : TokenizerTrainer.Train(options.TokenizerKind, options.VocabularySize, texts);
        var wanted = new StaticEncoderOptions { MaxTokens = options.MaxTokens ?? StartOptions.DefaultMaxTokens, QueryPrompt = options.QueryPrompt, DocumentPrompt = options.DocumentPrompt, TermFrequency = options.TermFrequency ?? TermFrequency.Count, Lead = options.Lead, Label = "untrained" };
        var tokenizer = WithGrams(WithPivot(inner, options, ref wanted), options, ref wanted);
        float[] rows = StaticStart.Random(tokenizer, options.Dimensions, options.Seed).Rows.ToArray();
        Weigh(rows, options.Dimensions, options.EffectiveIdfPower, tokenizer, () => texts);
        SetPivot(rows, options.Dimensions, options.Pivot, tokenizer, wanted, corpus);
        return StaticEncoder.Over(tokenizer, rows, options.Dimensions, wanted);
    }

    // A model's rows at root mean square 1, random values where it has none, then the word weights over all.
    private static StaticEncoder Extended(StaticEncoder encoder, StartOptions options, StaticEncoderOptions wanted, Func<string[]> textsOf, Corpus corpus)
    {
        if (encoder.Tokenizer is not Tokenizer && (options.Grams is not null || options.Pivot > 0))
        {
            string what = options.Grams is null ? "pivot" : options.Pivot > 0 ? "grams and pivot" : "grams";
            throw new NearfarException(options.From!, 0, $"has parts of words as tokens already, and no place for {what}. Leave {what} out, or start from the model that it was made of.");
        }

        var tokenizer = encoder.Tokenizer is Tokenizer inner ? WithGrams(WithPivot(inner, options, ref wanted), options, ref wanted) : encoder.Tokenizer;
        int dimensions = encoder.Dimensions + options.ExtraDimensions;
        var known = StaticStart.From(encoder).Rows.Span;
        float[] rows = StaticStart.Random(tokenizer, dimensions, options.Seed).Rows.ToArray();
        for (int id = 0; id < encoder.TokenRows.Count; id++)
        {
            known.Slice(id * encoder.Dimensions, encoder.Dimensions).CopyTo(rows.AsSpan(id * dimensions));
        }

        // A part of a word means nothing to the model: where it has dimensions of its own it stays out of the model's.
        for (int id = encoder.TokenRows.Count; id < tokenizer.VocabularySize && options.ExtraDimensions > 0; id++)
        {
            rows.AsSpan(id * dimensions, encoder.Dimensions).Clear();
        }

        Weigh(rows, dimensions, options.EffectiveIdfPower, tokenizer, textsOf);
        if (options.ExtraShare is { } share)
        {
            SetExtraShare(rows, dimensions, encoder.Dimensions, share, tokenizer, wanted, corpus);
        }

        SetPivot(rows, dimensions, options.Pivot, tokenizer, wanted, corpus);
        return StaticEncoder.Over(tokenizer, rows, dimensions, wanted with { Label = "untrained" });
    }

    private static Tokenizer WithPivot(Tokenizer inner, StartOptions options, ref StaticEncoderOptions wanted)
    {
        if (options.Pivot == 0)
        {
            return inner;
        }

        if (inner.IdOf(PivotToken) is not null)
        {
            throw new NearfarException(options.From ?? options.TokenizerFrom ?? "tokenizer", 0, $"knows the token {PivotToken} already: it has a pivot. Leave pivot out, or start from the model that it was made of.");
        }

        wanted = wanted with { DocumentPrompt = PivotToken + wanted.DocumentPrompt };
        return inner.WithToken(PivotToken);
    }

    // The last dimension is the pivot's alone: a question has 0 there, so that the constant only lengthens documents.
    private static void SetPivot(float[] rows, int dimensions, double pivot, ITokenizer tokenizer, StaticEncoderOptions wanted, Corpus corpus)
    {
        if (pivot == 0)
        {
            return;
        }

        int token = ((tokenizer as GramTokenizer)?.Inner ?? (Tokenizer)tokenizer).IdOf(PivotToken)!.Value;
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            rows[(id * dimensions) + dimensions - 1] = 0;
        }

        var row = rows.AsSpan(token * dimensions, dimensions);
        row.Clear();
        double[] lengths = Documents(rows, dimensions, tokenizer, wanted, corpus, sum => (double)TensorPrimitives.Norm(sum));
        Array.Sort(lengths);
        if (lengths.Length == 0 || lengths[lengths.Length / 2] == 0)
        {
            throw Unmeasured("pivot");
        }

        row[^1] = (float)(pivot * lengths[lengths.Length / 2]);
    }

    private static NearfarException Unmeasured(string option) => new($"{option} is measured on the corpus, of whose documents at least half must hold a token that the tokenizer knows; they do not. Remove {option}, or give the documents (data.corpus).");

    // The extra dimensions of all rows by one factor, so that they have the wanted share of the squared lengths.
    private static void SetExtraShare(float[] rows, int dimensions, int own, double share, ITokenizer tokenizer, StaticEncoderOptions wanted, Corpus corpus)
    {
        var squares = Documents(rows, dimensions, tokenizer, wanted, corpus, sum => (Own: (double)TensorPrimitives.SumOfSquares(sum[..own]), Extra: (double)TensorPrimitives.SumOfSquares(sum[own..])));
        double of = squares.Sum(s => s.Own), extra = squares.Sum(s => s.Extra);
        if (of == 0 || extra == 0)
        {
            throw Unmeasured("extra_share");
        }

        float factor = (float)Math.Sqrt(share / (1 - share) * of / extra);
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            var part = rows.AsSpan((id * dimensions) + own, dimensions - own);
            TensorPrimitives.Multiply(part, factor, part);
        }
    }

    private static T[] Documents<T>(float[] rows, int dimensions, ITokenizer tokenizer, StaticEncoderOptions wanted, Corpus corpus, Func<ReadOnlySpan<float>, T> measure)
    {
        var encoder = StaticEncoder.Over(tokenizer, rows, dimensions, wanted);
        var values = new T[corpus.Documents.Count];
        Parallel.For(0, values.Length, () => (Sum: new float[dimensions], Buffer: new TokenBuffer()), (i, _, state) =>
        {
            encoder.Tokenise(corpus.Documents[i].Content, TextRole.Document, state.Buffer);
            encoder.Sum(state.Buffer.Ids, state.Sum);
            values[i] = measure(state.Sum);
            return state;
        }, _ => { });
        return values;
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

    private static void Weigh(float[] rows, int dimensions, double power, ITokenizer tokenizer, Func<string[]> textsOf)
    {
        if (power == 0)
        {
            return;
        }

        string[] texts = textsOf();
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
