using System.Text.Json;

namespace Nearfar.Data.Providers;

/// <summary>What a provider answered: one checked vector for each text.</summary>
/// <param name="Vectors">In the order of the texts; finite, none all zero, all of one length.</param>
/// <param name="Tokens">Tokens that the provider counted; null when it did not say.</param>
internal sealed record EmbeddingResponse(IReadOnlyList<float[]> Vectors, long? Tokens)
{
    /// <exception cref="JsonException">Not a whole JSON document: the answer was cut on its way.</exception>
    /// <exception cref="NearfarException">A wrong count, order, length or value: another try would bring the same.</exception>
    public static EmbeddingResponse Parse(ReadOnlySpan<byte> body, string kind, int count)
    {
        var reader = new Utf8JsonReader(body);
        using var document = JsonDocument.ParseValue(ref reader);
        if (reader.Read())
        {
            throw new JsonException("more than one JSON value");
        }

        var root = document.RootElement;
        string list = kind == "ollama" ? "embeddings" : "data";
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(list, out var rows) || rows.ValueKind != JsonValueKind.Array)
        {
            throw new NearfarException($"the answer has no list \"{list}\". Is this the address of an embedding service");
        }

        if (rows.GetArrayLength() != count)
        {
            throw new NearfarException($"{rows.GetArrayLength()} vectors came for {count} texts");
        }

        float[]?[] vectors = new float[]?[count];
        foreach (var row in rows.EnumerateArray())
        {
            int index = kind == "ollama" ? Array.IndexOf(vectors, null) : IndexOf(row, vectors);
            vectors[index] = VectorOf(kind == "ollama" ? row : row.TryGetProperty("embedding", out var embedding) ? embedding : default, index);
        }

        var lengths = vectors.Select(v => v!.Length).Distinct().ToArray();
        return lengths.Length == 1
            ? new EmbeddingResponse(vectors!, TokensOf(root, kind))
            : throw new NearfarException($"vectors of different lengths came in one answer: {string.Join(", ", lengths)}");
    }

    private static int IndexOf(JsonElement row, float[]?[] vectors)
    {
        if (row.ValueKind != JsonValueKind.Object || !row.TryGetProperty("index", out var property) || property.ValueKind != JsonValueKind.Number || !property.TryGetInt32(out int index))
        {
            throw new NearfarException("a vector came without the index of its text");
        }

        return index >= 0 && index < vectors.Length && vectors[index] is null
            ? index
            : throw new NearfarException($"index {index} of a vector {(index >= 0 && index < vectors.Length ? "came twice" : $"lies outside 0 to {vectors.Length - 1}")}");
    }

    private static float[] VectorOf(JsonElement values, int index)
    {
        if (values.ValueKind != JsonValueKind.Array || values.GetArrayLength() == 0)
        {
            throw new NearfarException($"text {index + 1} has no vector of numbers");
        }

        float[] vector = new float[values.GetArrayLength()];
        int i = 0;
        foreach (var value in values.EnumerateArray())
        {
            // A string "NaN", a null and a number beyond float32 are all no value.
            if (value.ValueKind != JsonValueKind.Number || !value.TryGetSingle(out vector[i]) || !float.IsFinite(vector[i]))
            {
                throw new NearfarException($"the vector of text {index + 1} holds a value that is no finite number");
            }

            i++;
        }

        return vector.AsSpan().ContainsAnyExcept(0f) ? vector : throw new NearfarException($"the vector of text {index + 1} is all zeros");
    }

    private static long? TokensOf(JsonElement root, string kind)
    {
        var holder = kind == "ollama" ? root : root.TryGetProperty("usage", out var usage) ? usage : default;
        string[] names = kind == "ollama" ? ["prompt_eval_count"] : ["total_tokens", "prompt_tokens"];
        foreach (string name in names)
        {
            if (holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty(name, out var number) && number.ValueKind == JsonValueKind.Number
                && number.TryGetInt64(out long tokens) && tokens > 0)
            {
                return tokens;
            }
        }

        return null;
    }
}
