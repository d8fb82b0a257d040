using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nearfar.Data.Hub;

/// <summary><c>nearfar.lock.json</c> beside the workspace file: what each hub model was when it was first fetched. Belongs into version control.</summary>
internal sealed class HubLock
{
    /// <summary>By reference as written.</summary>
    public SortedDictionary<string, LockedModel> Models { get; init; } = new(StringComparer.Ordinal);

    public static HubLock Read(string path)
    {
        if (!File.Exists(path))
        {
            return new HubLock();
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), HubJson.Default.HubLock) ?? throw new JsonException("the file is empty");
        }
        catch (JsonException e)
        {
            throw new NearfarException(path, (e.LineNumber ?? -1) + 1, $"not a lock file: {e.Message} Restore it from version control, or delete it to pin anew.", e);
        }
    }

    public void Write(string path) => AtomicFile.Write(path, [.. JsonSerializer.SerializeToUtf8Bytes(this, HubJson.Default.HubLock), (byte)'\n']);
}

/// <summary>One model at one commit.</summary>
internal sealed record LockedModel
{
    public required string Commit { get; init; }

    /// <summary>By path in the repository.</summary>
    public required SortedDictionary<string, LockedFile> Files { get; init; }
}

/// <summary>One file.</summary>
internal sealed record LockedFile(long Bytes, string Sha256);

/// <summary>What the hub says of a revision.</summary>
internal sealed record HubRevision
{
    [JsonPropertyName("sha")]
    public string? Commit { get; init; }

    public IReadOnlyList<HubFile>? Siblings { get; init; }
}

/// <summary>A file of a revision.</summary>
internal sealed record HubFile([property: JsonPropertyName("rfilename")] string? Path);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(HubLock))]
[JsonSerializable(typeof(HubRevision))]
internal sealed partial class HubJson : JsonSerializerContext;
