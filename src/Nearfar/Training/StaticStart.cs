using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Nearfar.Text;
using Nearfar.Training.Sampling;

namespace Nearfar.Training;

/// <summary>Start of a static encoder: a tokenizer and one row for each token.</summary>
public sealed class StaticStart : ITrainingStart<StaticTrainableEncoder>
{
    private StaticStart(ITokenizer tokenizer, ReadOnlyMemory<float> rows, int dimensions, int maxTokens)
    {
        (Tokenizer, Rows, Dimensions, MaxTokens) = (tokenizer, rows, dimensions, maxTokens);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(MemoryMarshal.AsBytes(rows.Span));
        sha.AppendData(tokenizer.ToJson().Span);
        sha.AppendData(System.Text.Encoding.UTF8.GetBytes(FormattableString.Invariant($"\n{dimensions} {maxTokens}")));
        Hash = Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    /// <summary>Reads the texts.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>[V, D], root mean square 1; the unknown token's row is 0.</summary>
    public ReadOnlyMemory<float> Rows { get; }

    /// <summary>D.</summary>
    public int Dimensions { get; }

    /// <summary>Known tokens of a text that are read; the rest is cut off.</summary>
    public int MaxTokens { get; }

    /// <inheritdoc />
    public string Hash { get; }

    /// <summary>Random rows: every value bell-shaped with mean 0 and deviation 1.</summary>
    /// <param name="tokenizer">Reads the texts.</param>
    /// <param name="dimensions">D, at least 1.</param>
    /// <param name="seed">Equal seeds give equal rows.</param>
    /// <param name="maxTokens">At least 1.</param>
    public static StaticStart Random(ITokenizer tokenizer, int dimensions, ulong seed, int maxTokens = 256)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimensions);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxTokens);
        float[] rows = new float[checked(tokenizer.VocabularySize * dimensions)];
        var random = SeededRandom.For(seed, 0, "rows");
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = random.Bell();
        }

        ClearUnknown(rows, tokenizer, dimensions);
        return new StaticStart(tokenizer, rows, dimensions, maxTokens);
    }

    /// <summary>Given rows, weights folded in, rescaled to root mean square 1 so that one learning rate fits random and pretrained rows.</summary>
    /// <param name="tokenizer">Reads the texts.</param>
    /// <param name="rows">[V, D] finite values, V the tokenizer's vocabulary.</param>
    /// <param name="dimensions">D.</param>
    /// <param name="tokenWeights">[V] factors of the rows; empty for 1.</param>
    /// <param name="maxTokens">At least 1.</param>
    /// <exception cref="NearfarException">Wrong sizes, a value that is not finite, or nothing but zeros.</exception>
    public static StaticStart From(ITokenizer tokenizer, ReadOnlySpan<float> rows, int dimensions, ReadOnlySpan<float> tokenWeights = default, int maxTokens = 256)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimensions);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxTokens);
        int vocabulary = tokenizer.VocabularySize;
        if (rows.Length != (long)vocabulary * dimensions || (tokenWeights.Length != 0 && tokenWeights.Length != vocabulary))
        {
            throw new NearfarException($"Start rows want {vocabulary} x {dimensions} values and {vocabulary} weights or none; got {rows.Length} and {tokenWeights.Length}.");
        }

        float[] folded = rows.ToArray();
        for (int i = 0; i < tokenWeights.Length; i++)
        {
            foreach (ref float value in folded.AsSpan(i * dimensions, dimensions))
            {
                value *= tokenWeights[i];
            }
        }

        ClearUnknown(folded, tokenizer, dimensions);
        Rescale(folded);
        return new StaticStart(tokenizer, folded, dimensions, maxTokens);
    }

    /// <inheritdoc />
    public StaticTrainableEncoder Begin(IReadOnlyList<string> texts, int threads) =>
        new(TokenBags.From(texts, Tokenizer, MaxTokens), Rows, Dimensions, threads);

    private static void ClearUnknown(float[] rows, ITokenizer tokenizer, int dimensions)
    {
        if (tokenizer.UnknownId is { } unknown)
        {
            rows.AsSpan(unknown * dimensions, dimensions).Clear();
        }
    }

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
