using System.Numerics.Tensors;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Vectors;

namespace Nearfar.Evaluation;

/// <summary>A judged set's texts as unit rows of one space, checked.</summary>
internal sealed class EncodedSet
{
    private readonly EmbeddingSpace _space;
    private readonly Rows<float> _queries;
    private readonly Rows<float> _documents;

    /// <param name="space">Of both sides.</param>
    /// <param name="queries">Unit or zero rows [Q, D] in the set's order.</param>
    /// <param name="documents">Unit or zero rows [N, D] in corpus order.</param>
    /// <exception cref="NearfarException">A row is not finite, or neither zero nor of length 1.</exception>
    public EncodedSet(EmbeddingSpace space, Rows<float> queries, Rows<float> documents)
    {
        Check(queries, "query");
        Check(documents, "document");
        _space = space;
        _queries = queries;
        _documents = documents;
    }

    public int QueryCount => _queries.Count;

    public int DocumentCount => _documents.Count;

    public ReadOnlySpan<float> Document(int i) => _documents[i];

    public bool QueryIsZero(int i) => IsZero(_queries[i]);

    public bool DocumentIsZero(int i) => IsZero(_documents[i]);

    /// <summary>The index's score of the pair, bit for bit: one chain of fused multiply-adds in dimension order.</summary>
    public float Similarity(int query, int document) => FlatIndex.Similarity(_queries[query], _documents[document]);

    public IReadOnlyList<IReadOnlyList<Hit>> Rank(Corpus corpus, int depth, CancellationToken cancellationToken) =>
        new FlatIndex(new VectorSet(_space, [.. corpus.Documents.Select(d => d.Id)], _documents)).Search(_queries, _space, depth, cancellationToken);

    public static async ValueTask<EncodedSet> EncodeAsync(IEncoder encoder, JudgedSet set, int batch, CancellationToken cancellationToken)
    {
        var queries = await EncodeAsync(encoder, [.. set.Queries.Select(q => q.Query)], TextRole.Query, batch, cancellationToken);
        var documents = await EncodeAsync(encoder, [.. set.Corpus.Documents.Select(d => d.Content)], TextRole.Document, batch, cancellationToken);
        return new EncodedSet(encoder.Space, queries, documents);
    }

    private static async ValueTask<Rows<float>> EncodeAsync(IEncoder encoder, string[] texts, TextRole role, int batch, CancellationToken cancellationToken)
    {
        var rows = Rows.Allocate<float>(texts.Length, encoder.Dimensions);
        rows.Data.Span.Fill(float.NaN);       // a row that the encoder forgets to write is an error, not a text without token
        for (int start = 0; start < texts.Length; start += batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = new ArraySegment<string>(texts, start, Math.Min(batch, texts.Length - start));
            await encoder.EncodeAsync(part, role, rows.Slice(start, part.Count).Data, cancellationToken);
        }

        return rows;
    }

    private static bool IsZero(ReadOnlySpan<float> row) => !row.ContainsAnyExcept(0f);

    private static void Check(Rows<float> rows, string what)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            float length = TensorPrimitives.Norm<float>(rows[i]);
            if (!float.IsFinite(length))
            {
                throw new NearfarException($"The encoder gave NaN or infinity for {what} {i + 1} of {rows.Count}. Nothing is scored from such vectors: mend the model or the text.");
            }

            if (Math.Abs(length - 1) > 1e-3f && length != 0)
            {
                throw new NearfarException($"The encoder gave a vector of length {length:g4} for {what} {i + 1}; wanted are unit vectors, or zero for a text without known token.");
            }
        }
    }
}
