using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Nearfar.Text;
using Nearfar.Vectors;

namespace Nearfar.Encoding;

/// <summary>Computes the identity of the space that an encoder's weights span (docs/formats/space.md).</summary>
internal static class SpaceFingerprint
{
    /// <summary>
    /// <c>nf1-</c> + 16 hex of SHA-256 over the effective float32 rows (-0 as 0, little-endian), the canonical tokenizer JSON, and pooling,
    /// normalisation, cut, prompts, dimensions, compute type and quantisation as one line; the ranges of int8 follow. Two layouts of equal values have equal ids.
    /// </summary>
    public static EmbeddingSpace Of(StaticEncoder encoder)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var rows = encoder.TokenRows;
        byte[] buffer = new byte[rows.Dimensions * sizeof(float)];
        for (int i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            for (int j = 0; j < row.Length; j++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(buffer.AsSpan(j * 4), row[j] == 0 ? 0f : row[j]);
            }

            sha.AppendData(buffer);
        }

        // A tokenizer file may state truncation and padding; the cut that counts is the encoder's, hashed below by its number.
        sha.AppendData(SHA256.HashData((encoder.Tokenizer is Tokenizer own ? own.ToJsonWithoutCut() : encoder.Tokenizer.ToJson()).Span));
        Pairs.ContentHash.Append(sha, string.Create(CultureInfo.InvariantCulture, $"pooling={Pooling(encoder.Options)};normalize=l2;max_tokens={encoder.Options.MaxTokens};dimensions={encoder.Dimensions};compute=fp32;quantization={encoder.Options.Quantization?.Name ?? "none"}"));
        Pairs.ContentHash.Append(sha, encoder.Options.QueryPrompt);
        Pairs.ContentHash.Append(sha, encoder.Options.DocumentPrompt);
        foreach (float value in encoder.Options.Quantization is { } q ? q.Start.Concat(q.Step) : [])
        {
            BinaryPrimitives.WriteSingleLittleEndian(buffer, value == 0 ? 0f : value);
            sha.AppendData(buffer.AsSpan(0, sizeof(float)));
        }

        return new EmbeddingSpace("nf1-" + Convert.ToHexStringLower(sha.GetHashAndReset().AsSpan(0, 8))) { Label = encoder.Options.Label };
    }

    private static string Pooling(StaticEncoderOptions options) =>
        (options.TermFrequency == TermFrequency.Count ? "mean" : $"mean of distinct tokens by {options.TermFrequency.Word()}") + (options.Lead is { } lead ? $", of documents the first {lead.Words}" : "");
}
