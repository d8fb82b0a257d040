using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Text;
using Nearfar.Training.Optimization;
using Nearfar.Training.Sampling;

namespace Nearfar.Training;

/// <summary>Start of a static encoder: a tokenizer and one row for each token.</summary>
public sealed class StaticStart : ITrainingStart<StaticTrainableEncoder>
{
    private StaticStart(ITokenizer tokenizer, float[] rows, int dimensions, StaticEncoderOptions? options)
    {
        (Tokenizer, Dimensions, Options) = (tokenizer, dimensions, options ?? new StaticEncoderOptions());
        if (tokenizer.UnknownId is { } unknown)
        {
            rows.AsSpan(unknown * dimensions, dimensions).Clear();
        }

        Rows = rows;
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(MemoryMarshal.AsBytes<float>(rows));
        ContentHash.Append(sha, FormattableString.Invariant($"{dimensions} {Options.MaxTokens}{(Options.TermFrequency == TermFrequency.Count ? "" : " " + Options.TermFrequency.Word())}{(Options.Lead is { } lead ? " lead " + lead.Words : "")}"));
        ContentHash.Append(sha, Options.QueryPrompt);
        ContentHash.Append(sha, Options.DocumentPrompt);
        sha.AppendData(tokenizer.ToJson().Span);
        Hash = Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    /// <summary>Reads the texts.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>[V, D], root mean square 1; the unknown token's row is 0.</summary>
    public ReadOnlyMemory<float> Rows { get; }

    /// <summary>D.</summary>
    public int Dimensions { get; }

    /// <summary>Prompts, and where texts are cut.</summary>
    public StaticEncoderOptions Options { get; }

    /// <inheritdoc />
    public string Hash { get; }

    /// <summary>Random rows: every value bell-shaped with mean 0 and deviation 1.</summary>
    /// <param name="tokenizer">Reads the texts.</param>
    /// <param name="dimensions">D, at least 1.</param>
    /// <param name="seed">Equal seeds give equal rows, on every machine.</param>
    /// <param name="options">Prompts and cut; null for the defaults.</param>
    public static StaticStart Random(ITokenizer tokenizer, int dimensions, ulong seed, StaticEncoderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimensions);
        float[] rows = new float[checked(tokenizer.VocabularySize * dimensions)];
        var random = SeededRandom.For(seed, 0, "rows");
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = random.Bell();
        }

        return new StaticStart(tokenizer, rows, dimensions, options);
    }

    /// <summary>The rows of an encoder, its token weights in them, rescaled to root mean square 1 so that one learning rate fits random and pretrained rows.</summary>
    /// <param name="encoder">Keeps its tokenizer, prompts and cut.</param>
    /// <exception cref="NearfarException">Nothing but zeros.</exception>
    public static StaticStart From(StaticEncoder encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        float[] rows = encoder.TokenRows.Data.ToArray();
        Rescale(rows);
        return new StaticStart(encoder.Tokenizer, rows, encoder.Dimensions, encoder.Options);
    }

    /// <inheritdoc />
    public ValueTask<StaticTrainableEncoder> BeginAsync(IReadOnlyList<TrainingText> texts, TrainingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var (tokenizer, cut) = Reading(options.MaxTokens);
        return ValueTask.FromResult(Begin(TokenBags.From(texts, tokenizer, cut), options));
    }

    internal StaticTrainableEncoder Begin(IReadOnlyList<TrainingText> texts, int threads, OptimizerOptions? optimizer = null, ulong seed = 1) =>
        new(this, TokenBags.From(texts, Tokenizer, Options), threads, optimizer ?? OptimizerOptions.Default, seed);

    /// <summary>What training texts are read with: the encoder's own, or the same cut earlier. Of parts of words the words' tokens count, as they do in the encoder.</summary>
    /// <param name="maxTokens">Of <see cref="TrainingOptions.MaxTokens"/>.</param>
    /// <exception cref="NearfarException">Above the encoder's limit.</exception>
    internal (ITokenizer Tokenizer, StaticEncoderOptions Options) Reading(int? maxTokens)
    {
        if (maxTokens is not { } tokens)
        {
            return (Tokenizer, Options);
        }

        var grams = Tokenizer as GramTokenizer;
        int limit = Math.Min(Options.MaxTokens, grams?.MaxTokens ?? Options.MaxTokens);
        if (tokens > limit)
        {
            throw new NearfarException($"The training reads {tokens} tokens of a text (train.max_tokens), and the encoder {limit}. Lower it, or raise encoder.max_tokens.");
        }

        return grams is null ? (Tokenizer, Options with { MaxTokens = tokens }) : (new GramTokenizer(grams.Inner, grams.Options, tokens), Options);
    }

    // Over tokens whose texts come later.
    internal StaticTrainableEncoder Begin(int[] vocabulary, TrainingOptions options) => Begin(new TokenBags([], [0], [], vocabulary), options);

    private StaticTrainableEncoder Begin(TokenBags bags, TrainingOptions options) =>
        new(this, bags, options.Threads, options.Optimizer, options.Seed, options.TokenWeights?.Rate / options.Rate);

    private static void Rescale(float[] rows)
    {
        double square = 0;
        foreach (float value in rows)
        {
            square += (double)value * value;
        }

        double rms = Math.Sqrt(square / rows.Length);
        if (!double.IsFinite(rms) || rms == 0)
        {
            throw new NearfarException($"The root mean square of the start rows is {rms}; wanted finite rows that are not all zero.");
        }

        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = (float)(rows[i] / rms);
        }
    }
}
