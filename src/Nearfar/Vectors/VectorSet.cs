using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Nearfar.Vectors;

/// <summary>Vectors with their ids, all of one space. Immutable, thread-safe.</summary>
public sealed class VectorSet
{
    private const string IdsHashKey = "ids_sha256";

    /// <param name="space">The space of all rows.</param>
    /// <param name="ids">Unique, one a row.</param>
    /// <param name="rows">[N, D], finite; a zero row means that the text had no known token.</param>
    /// <exception cref="ArgumentException">Counts differ.</exception>
    /// <exception cref="NearfarException">A value that is not finite; the message names the id.</exception>
    public VectorSet(EmbeddingSpace space, IReadOnlyList<string> ids, Rows<float> rows)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.Count != rows.Count)
        {
            throw new ArgumentException($"{ids.Count} ids for {rows.Count} rows; wanted one id for each row.", nameof(ids));
        }

        for (int i = 0; i < rows.Count; i++)
        {
            if (System.Numerics.Tensors.TensorPrimitives.IsFiniteAll<float>(rows[i]) is false)
            {
                throw new NearfarException($"The vector of \"{ids[i]}\" in space {space} holds NaN or infinity. Mend the encoder; such a vector is never compared.");
            }
        }

        Space = space;
        Ids = ids;
        Rows = rows;
    }

    /// <summary>The space of all rows.</summary>
    public EmbeddingSpace Space { get; }

    /// <summary>Ids by row.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>[N, D].</summary>
    public Rows<float> Rows { get; }

    /// <summary>Writes <c>NAME.safetensors</c> and the ids beside it as <c>NAME.ids.jsonl</c>.</summary>
    /// <param name="path">Ends with <c>.safetensors</c>.</param>
    /// <param name="model">Name of the model, for people.</param>
    public void Save(string path, string? model = null)
    {
        using var ids = new MemoryStream();
        using (var writer = new Utf8JsonWriter(ids, new JsonWriterOptions { SkipValidation = true }))
        {
            foreach (string id in Ids)
            {
                writer.WriteStringValue(id);
                writer.Flush();
                ids.WriteByte((byte)'\n');
                writer.Reset();
            }
        }

        AtomicFile.Write(IdsPath(path), ids.GetBuffer().AsSpan(0, (int)ids.Length));
        var metadata = new Dictionary<string, string>
        {
            ["space"] = Space.Id,
            ["count"] = Rows.Count.ToString(CultureInfo.InvariantCulture),
            ["dtype"] = "F32",
            [IdsHashKey] = Convert.ToHexStringLower(SHA256.HashData(ids.GetBuffer().AsSpan(0, (int)ids.Length))),   // two files, not one write: a pair torn by a crash is refused
        };
        if ((model ?? Space.Label) is { } label)
        {
            metadata["model"] = label;
        }

        SafeTensorsFile.WriteMatrix(path, "vectors", Rows, metadata);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="path">The <c>.safetensors</c> file.</param>
    /// <exception cref="NearfarException">Broken file, no space id, or ids that do not fit.</exception>
    public static VectorSet Load(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        if (!file.Metadata.TryGetValue("space", out string? space) || string.IsNullOrWhiteSpace(space))
        {
            throw new NearfarException(path, 0, "the metadata has no \"space\": vectors of an unknown space are never compared. Write them with: nearfar embed");
        }

        var tensor = file.Find("vectors") ?? throw new NearfarException(path, 0, $"wanted a tensor \"vectors\", found {string.Join(", ", file.Tensors.Select(t => t.Name))}.");
        if (tensor.Shape is not [>= 0 and <= int.MaxValue, >= 1 and <= int.MaxValue])
        {
            throw new NearfarException(path, 0, $"\"vectors\" must have two axes [N, D], D at least 1, has [{string.Join(", ", tensor.Shape)}].");
        }

        int count = (int)tensor.Shape[0];
        int dimensions = (int)tensor.Shape[1];
        string idsPath = IdsPath(path);
        if (!File.Exists(idsPath))
        {
            throw new NearfarException(idsPath, 0, $"missing: the ids of {path} stand there, one JSON string a line.");
        }

        byte[] idBytes = File.ReadAllBytes(idsPath);
        string[] ids = [.. Lines(idBytes).Select((line, i) => ParseId(idsPath, i + 1, line))];
        if (ids.Length != count || (file.Metadata.TryGetValue(IdsHashKey, out string? hash) && hash != Convert.ToHexStringLower(SHA256.HashData(idBytes))))
        {
            throw new NearfarException(idsPath, 0, $"{ids.Length} ids for {count} vectors, or other ids than were written with them: {path} and this file do not belong together. Write both again: nearfar embed");
        }

        if (ids.GroupBy(id => id, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new NearfarException(idsPath, 0, $"id \"{twice.Key}\" stands twice; ids must be unique.");
        }

        return new VectorSet(new EmbeddingSpace(space) { Label = file.Metadata.GetValueOrDefault("model") }, ids,
            new Rows<float>(file.ReadSingles(tensor), count, dimensions, dimensions));
    }

    private static IEnumerable<string> Lines(byte[] bytes)
    {
        using var reader = new StreamReader(new MemoryStream(bytes));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private static string IdsPath(string path) => Path.ChangeExtension(path, ".ids.jsonl");

    private static string ParseId(string path, long line, string json)
    {
        try
        {
            var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(json));
            if (reader.Read() && reader.TokenType == JsonTokenType.String && reader.GetString() is { } id && !reader.Read())
            {
                return id;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)      // the latter: an escaped half of a surrogate pair
        {
            throw new NearfarException(path, line, $"not a JSON string: {e.Message}", e);
        }

        throw new NearfarException(path, line, "wanted a JSON string, the id of a vector.");
    }
}
