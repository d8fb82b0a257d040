using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nearfar.Encoding;

/// <summary><c>nearfar.json</c> of a model folder: what the model is and where it came from.</summary>
public sealed record ModelManifest
{
    /// <summary>Schema of this file; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Space id of the vectors.</summary>
    public required string Space { get; init; }

    /// <summary>Name for people.</summary>
    public string? Name { get; init; }

    /// <summary>Encoder kind; <c>static</c> or <c>adapter</c>.</summary>
    public string Kind { get; init; } = "static";

    /// <summary>Length of a vector.</summary>
    public required int Dimensions { get; init; }

    /// <summary>Tokens of a text that count; 0 where a provider keeps it to itself.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Quantisation of the vectors; null: none.</summary>
    public QuantizationManifest? Quantization { get; init; }

    /// <summary>Training options, by name.</summary>
    public SortedDictionary<string, string> Options { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Seed of the run, when it was trained.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Instruction set that trained it; training is bit-equal for one set.</summary>
    public string? InstructionSet { get; init; }

    /// <summary>SHA-256 of each data set that took part, by name.</summary>
    public SortedDictionary<string, string> DataHashes { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Commit of the workspace, when the caller knows it.</summary>
    public string? Commit { get; init; }

    /// <summary>Space id of the start rows' model, or of an adapter's frozen base; null for random start rows.</summary>
    public string? Parent { get; init; }

    /// <summary>Held-out metrics of the kept step, by name.</summary>
    public SortedDictionary<string, double> Metrics { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Reads the manifest of a model folder; null when it has none.</summary>
    /// <param name="folder">The model folder.</param>
    /// <exception cref="NearfarException">Broken or of an unknown schema.</exception>
    public static ModelManifest? Read(string folder)
    {
        string path = Path.Combine(folder, "nearfar.json");
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            var manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), ModelManifestContext.Default.ModelManifest) ?? throw new JsonException("null");
            return manifest.Schema == 1 ? manifest : throw new NearfarException(path, 0, $"schema {manifest.Schema}; this version reads 1. Use a newer nearfar.");
        }
        catch (JsonException e)
        {
            throw new NearfarException(path, (e.LineNumber ?? -1) + 1, $"not a model manifest: {e.Message}", e);
        }
    }

    internal byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, ModelManifestContext.Default.ModelManifest), (byte)'\n'];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n",
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ModelManifest))]
internal sealed partial class ModelManifestContext : JsonSerializerContext;
