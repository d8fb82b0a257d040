using Microsoft.Extensions.AI;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Vectors;

namespace Nearfar.Tests.Evaluation;

/// <summary>Small judged sets and an encoder whose vectors are given.</summary>
internal static class TestSets
{
    public static Document Document(string id, string? text = null) => new() { Id = id, Text = text ?? "text of " + id };

    public static JudgedQuery Query(
        string id, string positive, string[]? negatives = null, string[]? forbidden = null, Dictionary<string, string>? cohorts = null,
        Dictionary<string, int>? relevance = null) => new()
        {
            Id = id,
            Query = "question " + id,
            Relevance = relevance ?? new Dictionary<string, int>(StringComparer.Ordinal) { [positive] = 1 },
            PrimaryId = positive,
            NegativeIds = negatives ?? [],
            ForbiddenIds = forbidden ?? [],
            Cohorts = cohorts ?? [],
            Cluster = positive,
        };

    public static GateSet Gate(IEnumerable<Document> documents, IReadOnlyList<JudgedQuery> queries, string hash = "hash-of-the-gate-set") =>
        new("gate", new Corpus(documents), queries, [], null, hash);

    public static DevSet Dev(IEnumerable<Document> documents, IReadOnlyList<JudgedQuery> queries, string hash = "hash-of-the-dev-set") =>
        new("dev", new Corpus(documents), queries, [], null, hash);

    /// <summary>A set of any size: question i asks for document i % documents, whose vector lies near; noise decides what is found.</summary>
    public static (GateSet Set, VectorEncoder Encoder) Noisy(int queries, int documents, ulong seed, double noise = 1.0, int dimensions = 16)
    {
        var random = new Nearfar.Training.Sampling.SeededRandom(seed);
        double Draw() => (random.Below(1 << 24) / (double)(1 << 23)) - 1;
        var encoder = new VectorEncoder(dimensions);
        var rows = new List<Document>();
        var vectors = new List<float[]>();
        for (int d = 0; d < documents; d++)
        {
            rows.Add(Document($"d{d:000}"));
            vectors.Add([.. Enumerable.Range(0, dimensions).Select(_ => (float)Draw())]);
            encoder.Add(rows[d].Content, vectors[d]);
        }

        string[] languages = ["en", "en", "en", "de", "es"];
        var asked = new List<JudgedQuery>();
        for (int q = 0; q < queries; q++)
        {
            int d = q % documents;
            asked.Add(Query($"q{q:0000}", rows[d].Id, [rows[(d + 1) % documents].Id, rows[(d + 2) % documents].Id],
                cohorts: new() { ["language"] = languages[q % 5], ["page"] = q % 2 == 0 ? "known" : "new" }));
            encoder.Add(asked[q].Query, [.. vectors[d].Select(v => (float)(v + (noise * Draw())))]);
        }

        return (Gate(rows, asked), encoder);
    }
}

/// <summary>Gives each text the vector it was told, normalised; a text it was not told is unknown and gives zeros.</summary>
internal sealed class VectorEncoder(int dimensions, string space = "test-space") : IEncoder
{
    private readonly Dictionary<string, float[]> _vectors = new(StringComparer.Ordinal);

    public EmbeddingSpace Space { get; } = new(space) { Label = "test" };

    public int Dimensions => dimensions;

    public IEmbeddingGenerator<string, Embedding<float>> Queries => new EncoderGenerator(this, TextRole.Query);

    public IEmbeddingGenerator<string, Embedding<float>> Documents => new EncoderGenerator(this, TextRole.Document);

    public VectorEncoder Add(string text, params float[] vector)
    {
        double length = Math.Sqrt(vector.Sum(v => (double)v * v));
        _vectors[text] = [.. vector.Select(v => (float)(v / length))];
        return this;
    }

    public void AddRaw(string text, params float[] vector) => _vectors[text] = vector;

    public ValueTask EncodeAsync(IReadOnlyList<string> texts, TextRole role, Memory<float> into, CancellationToken cancellationToken = default)
    {
        for (int i = 0; i < texts.Count; i++)
        {
            var row = into.Span.Slice(i * dimensions, dimensions);
            if (_vectors.TryGetValue(texts[i], out var vector))
            {
                vector.CopyTo(row);
            }
            else
            {
                row.Clear();
            }
        }

        return ValueTask.CompletedTask;
    }
}
