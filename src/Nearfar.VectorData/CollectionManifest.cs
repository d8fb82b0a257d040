using System.Text.Json;
using Nearfar.Vectors;

namespace Nearfar.VectorData;

/// <summary><c>collection.json</c>: what a collection is, and which files hold it now.</summary>
/// <param name="Name">The collection's.</param>
/// <param name="Generation">Number in the names of the files that belong to it; others are left from a crash.</param>
/// <param name="Records">Records in the record file.</param>
/// <param name="Schema">Their columns.</param>
/// <param name="Spaces">By vector column.</param>
internal sealed record CollectionManifest(string Name, long Generation, int Records, CollectionSchema Schema, IReadOnlyList<EmbeddingSpace> Spaces)
{
    public const string FileName = "collection.json";
    private const int Version = 1;

    public void Save(string folder) => AtomicFile.Write(Path.Combine(folder, FileName), stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteString("name", Name);
        json.WriteNumber("generation", Generation);
        json.WriteNumber("records", Records);
        json.WriteStartObject("key");
        json.WriteString("name", Schema.Key.Name);
        json.WriteString("type", Schema.Key.Type.Name);
        json.WriteEndObject();
        json.WriteStartArray("data");
        foreach (var column in Schema.Data)
        {
            json.WriteStartObject();
            json.WriteString("name", column.Name);
            json.WriteString("type", column.Type.Name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("vectors");
        for (int i = 0; i < Schema.Vectors.Count; i++)
        {
            WriteVector(json, Schema.Vectors[i], Spaces[i]);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <exception cref="NearfarException">No manifest of this version.</exception>
    public static CollectionManifest Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            var json = document.RootElement;
            int version = json.GetProperty("version").GetInt32();
            if (version != Version)
            {
                throw new FormatException($"version {version}, wanted {Version}");
            }

            JsonElement[] vectors = [.. json.GetProperty("vectors").EnumerateArray()];
            var schema = new CollectionSchema(ReadColumn(json.GetProperty("key")), [.. json.GetProperty("data").EnumerateArray().Select(ReadColumn)], [.. vectors.Select(ReadVector)]);
            return new CollectionManifest(Text(json, "name"), json.GetProperty("generation").GetInt64(), json.GetProperty("records").GetInt32(), schema, [.. vectors.Select(ReadSpace)]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            throw new NearfarException(path, 0, $"is not the manifest of a collection: {e.Message}. Restore it from a copy, or delete the folder and fill the collection again.", e);
        }
    }

    private static void WriteVector(Utf8JsonWriter json, VectorShape shape, EmbeddingSpace space)
    {
        json.WriteStartObject();
        json.WriteString("name", shape.Name);
        json.WriteNumber("dimensions", shape.Dimensions);
        json.WriteString("distance", shape.Form.Distance);
        json.WriteString("index", shape.Form.Index);
        json.WriteString("space", space.Id);
        if (space.Label is { } label)
        {
            json.WriteString("model", label);
        }

        json.WriteEndObject();
    }

    private static DataColumn ReadColumn(JsonElement json) =>
        new(Text(json, "name"), DataType.Named(Text(json, "type")) ?? throw new FormatException($"type \"{Text(json, "type")}\" is not one of {DataType.Supported}"));

    private static VectorShape ReadVector(JsonElement json)
    {
        int dimensions = json.GetProperty("dimensions").GetInt32();
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        return new VectorShape(Text(json, "name"), dimensions, VectorForm.Named(Text(json, "distance"), Text(json, "index")));
    }

    private static EmbeddingSpace ReadSpace(JsonElement json) => new(Text(json, "space")) { Label = json.TryGetProperty("model", out var model) ? model.GetString() : null };

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? throw new FormatException($"\"{name}\" is null");
}
