using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.AI;
using Nearfar.Pairs;
using Nearfar.Vectors;

namespace Nearfar.Encoding;

/// <summary>A frozen encoder whose queries pass through a trained linear map: query = normalise(W base query), document = base document. Thread-safe when the base is.</summary>
/// <remarks>
/// Its documents stay vectors of the base's space (<see cref="IEncoder.DocumentSpace"/>), so an index of the base's vectors serves its queries
/// unchanged, and no other index does. Its own space, in reports and in the ledger, is that of its queries.
/// </remarks>
public sealed class AdapterEncoder : IEncoder
{
    internal AdapterEncoder(IEncoder baseEncoder, AdapterMap map, double? temperature = null, string? label = null)
    {
        if (baseEncoder.Dimensions != map.Dimensions)
        {
            throw new NearfarException($"The adapter maps {map.Dimensions} dimensions; its base {baseEncoder.Space} has {baseEncoder.Dimensions}. Load the base that it was trained on.");
        }

        (Base, Map, Temperature) = (baseEncoder, map, temperature);
        Space = SpaceOf(baseEncoder.DocumentSpace, map) with { Label = label };
        Queries = new EncoderGenerator(this, TextRole.Query);
    }

    /// <summary>The frozen encoder.</summary>
    public IEncoder Base { get; }

    /// <summary>Rank of the map, or 0 for a full matrix.</summary>
    public int Rank => Map.Rank;

    internal AdapterMap Map { get; }

    /// <inheritdoc />
    public EmbeddingSpace Space { get; }

    /// <summary>The base's: what its documents are vectors of.</summary>
    public EmbeddingSpace DocumentSpace => Base.DocumentSpace;

    /// <inheritdoc />
    public int Dimensions => Base.Dimensions;

    /// <inheritdoc />
    public double? Temperature { get; }

    /// <inheritdoc />
    public IEmbeddingGenerator<string, Embedding<float>> Queries { get; }

    /// <inheritdoc />
    public IEmbeddingGenerator<string, Embedding<float>> Documents => Base.Documents;

    /// <inheritdoc />
    public async ValueTask EncodeAsync(IReadOnlyList<string> texts, TextRole role, Memory<float> into, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        await Base.EncodeAsync(texts, role, into, cancellationToken).ConfigureAwait(false);
        if (role == TextRole.Query)
        {
            MapRows(new Rows<float>(into, texts.Count, Dimensions, Dimensions));
        }
    }

    // A zero row (no known token) stays one: the map is linear.
    private void MapRows(Rows<float> rows)
    {
        float[] mapped = new float[Dimensions];
        for (int i = 0; i < rows.Count; i++)
        {
            Map.Apply(rows[i], mapped);
            Normalise(mapped, rows[i]);
        }
    }

    internal static void Normalise(ReadOnlySpan<float> row, Span<float> into)
    {
        double square = 0;
        foreach (float value in row)
        {
            square += (double)value * value;
        }

        if (!double.IsFinite(square))
        {
            throw new NearfarException("The adapter gave a vector that is not finite; wanted finite numbers. Train it at a lower rate.");
        }

        double inverse = square == 0 ? 0 : 1 / Math.Sqrt(square);
        for (int i = 0; i < row.Length; i++)
        {
            into[i] = (float)(row[i] * inverse);
        }
    }

    // The base's id, the shape, then the rows as stored: little-endian, -0 as 0.
    private static EmbeddingSpace SpaceOf(EmbeddingSpace of, AdapterMap map)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ContentHash.Append(sha, "adapter");
        ContentHash.Append(sha, of.Id);
        ContentHash.Append(sha, string.Create(CultureInfo.InvariantCulture, $"dimensions={map.Dimensions};rank={map.Rank};normalize=l2;compute=fp32"));
        byte[] buffer = new byte[map.Dimensions * sizeof(float)];
        for (int i = 0; i < map.Rows.Count; i++)
        {
            var row = map.Rows[i];
            for (int j = 0; j < row.Length; j++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(buffer.AsSpan(j * sizeof(float)), row[j] == 0 ? 0f : row[j]);
            }

            sha.AppendData(buffer);
        }

        string kind = of.Id.StartsWith("nf1-", StringComparison.Ordinal) ? "nf1-" : "nfx-";
        return new EmbeddingSpace(kind + Convert.ToHexStringLower(sha.GetHashAndReset().AsSpan(0, 8)));
    }
}
