using System.Numerics.Tensors;
using Microsoft.Extensions.AI;
using Nearfar.Vectors;

namespace Nearfar.Encoding;

/// <summary>Any provider's embedding generator as an encoder: batches, checks and normalises.</summary>
/// <remarks>Thread-safe when the generators are. Does not dispose them.</remarks>
public sealed class GeneratorEncoder : IEncoder
{
    private readonly int _batch;

    /// <param name="queries">Embeds questions.</param>
    /// <param name="documents">Embeds documents; null: the same generator, where the provider has no prompts.</param>
    /// <param name="space">Space of both.</param>
    /// <param name="dimensions">Length of a vector, at least 1.</param>
    /// <param name="batch">Texts a call, at least 1. Default 256.</param>
    public GeneratorEncoder(
        IEmbeddingGenerator<string, Embedding<float>> queries, IEmbeddingGenerator<string, Embedding<float>>? documents,
        EmbeddingSpace space, int dimensions, int batch = 256)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(space);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        Queries = queries;
        Documents = documents ?? queries;
        Space = space;
        Dimensions = dimensions;
        _batch = batch;
    }

    /// <inheritdoc />
    public EmbeddingSpace Space { get; }

    /// <inheritdoc />
    public int Dimensions { get; }

    /// <inheritdoc />
    public IEmbeddingGenerator<string, Embedding<float>> Queries { get; }

    /// <inheritdoc />
    public IEmbeddingGenerator<string, Embedding<float>> Documents { get; }

    /// <summary>Asks the generator once to learn the length of its vectors.</summary>
    /// <param name="generator">Embeds questions and documents.</param>
    /// <param name="space">Its space.</param>
    /// <param name="batch">Texts a call, at least 1. Default 256.</param>
    /// <param name="cancellationToken">Handed to the generator.</param>
    /// <exception cref="NearfarException">It gave no vector.</exception>
    public static async Task<GeneratorEncoder> CreateAsync(
        IEmbeddingGenerator<string, Embedding<float>> generator, EmbeddingSpace space, int batch = 256, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(generator);
        ArgumentNullException.ThrowIfNull(space);
        var probe = await GenerateAsync(generator, ["dimension"], space, cancellationToken);
        return probe[0].Vector.Length > 0
            ? new GeneratorEncoder(generator, null, space, probe[0].Vector.Length, batch)
            : throw new NearfarException($"The generator of space {space} gave a vector of length 0.");
    }

    /// <summary>Writes one unit row [D] for each text. A provider's encoder knows every text: a zero vector is an error here.</summary>
    /// <inheritdoc />
    public async ValueTask EncodeAsync(IReadOnlyList<string> texts, TextRole role, Memory<float> into, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var generator = role == TextRole.Query ? Queries : Documents;
        for (int start = 0; start < texts.Count; start += _batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string[] part = [.. Enumerable.Range(start, Math.Min(_batch, texts.Count - start)).Select(i => texts[i])];
            var vectors = await GenerateAsync(generator, part, Space, cancellationToken);
            for (int i = 0; i < part.Length; i++)
            {
                Normalise(vectors[i].Vector.Span, into.Span.Slice((start + i) * Dimensions, Dimensions), start + i);
            }
        }
    }

    private static async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEmbeddingGenerator<string, Embedding<float>> generator, string[] texts, EmbeddingSpace space, CancellationToken cancellationToken)
    {
        GeneratedEmbeddings<Embedding<float>> vectors;
        try
        {
            vectors = await generator.GenerateAsync(texts, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new NearfarException($"The generator of space {space} failed on {texts.Length} texts: {e.Message}", e);
        }

        return vectors is not null && vectors.Count == texts.Length
            ? vectors
            : throw new NearfarException($"The generator of space {space} gave {vectors?.Count ?? 0} vectors for {texts.Length} texts.");
    }

    private void Normalise(ReadOnlySpan<float> vector, Span<float> into, int text)
    {
        if (vector.Length != Dimensions)
        {
            throw new NearfarException($"The generator of space {Space} gave a vector of length {vector.Length} for text {text + 1}; wanted are {Dimensions} values.");
        }

        double squares = 0;
        foreach (float value in vector)
        {
            squares += (double)value * value;
        }

        if (!double.IsFinite(squares) || squares == 0)
        {
            throw new NearfarException($"The generator of space {Space} gave {(squares == 0 ? "a zero vector" : "NaN or infinity")} for text {text + 1}; nothing is scored from it.");
        }

        double length = Math.Sqrt(squares);
        for (int i = 0; i < vector.Length; i++)
        {
            into[i] = (float)(vector[i] / length);
        }
    }
}
