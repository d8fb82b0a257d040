using System.Numerics.Tensors;
using Nearfar.Encoding;
using Nearfar.Pairs;

namespace Nearfar.Evaluation;

/// <summary>A judged set's texts as unit rows of one space, checked.</summary>
internal sealed class EncodedSet
{
    private readonly ReadOnlyMemory<float> _queries;
    private readonly ReadOnlyMemory<float> _documents;

    /// <param name="queries">Unit or zero rows [Q, D] in the set's order.</param>
    /// <param name="documents">Unit or zero rows [N, D] in corpus order.</param>
    /// <param name="dimensions">D.</param>
    /// <exception cref="NearfarException">A row is not finite, or neither zero nor of length 1.</exception>
    public EncodedSet(ReadOnlyMemory<float> queries, ReadOnlyMemory<float> documents, int dimensions)
    {
        Check(queries.Span, dimensions, "query");
        Check(documents.Span, dimensions, "document");
        _queries = queries;
        _documents = documents;
        Dimensions = dimensions;
        QueryCount = queries.Length / dimensions;
        DocumentCount = documents.Length / dimensions;
    }

    public int Dimensions { get; }

    public int QueryCount { get; }

    public int DocumentCount { get; }

    public ReadOnlyMemory<float> Queries => _queries;

    public ReadOnlyMemory<float> Documents => _documents;

    public ReadOnlySpan<float> Query(int i) => _queries.Span.Slice(i * Dimensions, Dimensions);

    public ReadOnlySpan<float> Document(int i) => _documents.Span.Slice(i * Dimensions, Dimensions);

    public float Similarity(int query, int document) => TensorPrimitives.Dot(Query(query), Document(document));

    public static async ValueTask<EncodedSet> EncodeAsync(IEncoder encoder, JudgedSet set, int batch, CancellationToken cancellationToken)
    {
        var queries = await EncodeAsync(encoder, [.. set.Queries.Select(q => q.Query)], TextRole.Query, batch, cancellationToken);
        var documents = await EncodeAsync(encoder, [.. set.Corpus.Documents.Select(d => d.Content)], TextRole.Document, batch, cancellationToken);
        return new EncodedSet(queries, documents, encoder.Dimensions);
    }

    private static async ValueTask<float[]> EncodeAsync(IEncoder encoder, string[] texts, TextRole role, int batch, CancellationToken cancellationToken)
    {
        float[] rows = new float[checked(texts.Length * encoder.Dimensions)];
        rows.AsSpan().Fill(float.NaN);       // a row that the encoder forgets to write is an error, not a text without token
        for (int start = 0; start < texts.Length; start += batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = new ArraySegment<string>(texts, start, Math.Min(batch, texts.Length - start));
            await encoder.EncodeAsync(part, role, rows.AsMemory(start * encoder.Dimensions, part.Count * encoder.Dimensions), cancellationToken);
        }

        return rows;
    }

    private static void Check(ReadOnlySpan<float> rows, int dimensions, string what)
    {
        for (int i = 0; i < rows.Length / dimensions; i++)
        {
            var row = rows.Slice(i * dimensions, dimensions);
            float length = TensorPrimitives.Norm(row);
            if (!float.IsFinite(length))
            {
                throw new NearfarException($"The encoder gave NaN or infinity for {what} {i + 1} of {rows.Length / dimensions}. Nothing is scored from such vectors: mend the model or the text.");
            }

            if (Math.Abs(length - 1) > 1e-3f && length != 0)
            {
                throw new NearfarException($"The encoder gave a vector of length {length:g4} for {what} {i + 1}; wanted are unit vectors, or zero for a text without known token.");
            }
        }
    }
}
