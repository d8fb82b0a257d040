using Nearfar.Vectors;

namespace Nearfar.Encoding;

/// <summary>Adapters on disk: <c>adapter.safetensors</c>, <c>nearfar.json</c>, and <c>base/</c> where the base is a static model small enough to copy.</summary>
public static class AdapterModelFolder
{
    internal const string FileName = "adapter.safetensors";
    private const string BaseFolder = "base";
    private const long LargestCopy = 256 << 20;         // bytes of token rows

    /// <summary>Whether a model folder holds an adapter.</summary>
    /// <param name="folder">Any folder.</param>
    public static bool IsAdapter(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>The space of the base that an adapter was trained on.</summary>
    /// <param name="folder">An adapter's folder.</param>
    /// <exception cref="NearfarException">Broken.</exception>
    public static EmbeddingSpace BaseSpace(string folder)
    {
        string path = Path.Combine(folder, FileName);
        using var file = SafeTensorsFile.Open(path);
        return BaseSpace(file, path);
    }

    /// <summary>Whether the base lies in the folder itself; if not, <see cref="Load"/> wants it handed over.</summary>
    /// <param name="folder">An adapter's folder.</param>
    public static bool HoldsBase(string folder) => Directory.Exists(Path.Combine(folder, BaseFolder));

    /// <summary>Reads an adapter.</summary>
    /// <param name="folder">Holds <c>adapter.safetensors</c>.</param>
    /// <param name="baseEncoder">The frozen encoder; null, or one of another space: that of the folder's copy.</param>
    /// <exception cref="NearfarException">Files are missing, broken or were changed, or the base is not at hand.</exception>
    public static AdapterEncoder Load(string folder, IEncoder? baseEncoder = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        string path = Path.Combine(folder, FileName);
        using var file = SafeTensorsFile.Open(path);
        var wanted = BaseSpace(file, path);
        if (baseEncoder?.DocumentSpace != wanted)
        {
            baseEncoder = HoldsBase(folder) ? StaticEncoder.Load(Path.Combine(folder, BaseFolder)) : baseEncoder ?? throw new NearfarException(folder, 0,
                $"is an adapter over vectors of space {wanted}, whose encoder is not in the folder. Name it in the workspace: encoder: {{kind: adapter, from: …}}.");
        }

        EmbeddingSpace.ThrowUnlessSame(wanted, baseEncoder.DocumentSpace, "The base encoder", "An adapter's queries are near to documents of the base that it was trained on, and to no others: name that base in the workspace, or train again.");
        var manifest = ModelManifest.Read(folder);
        var encoder = new AdapterEncoder(baseEncoder, ReadMap(file, path), StaticModelFolder.TemperatureOf(manifest), manifest?.Name);
        return manifest is null || manifest.Space == encoder.Space.Id ? encoder : throw new NearfarException(folder, 0,
            $"nearfar.json names space {manifest.Space}, but adapter and base give {encoder.Space.Id}: the folder was changed after it was written. Restore it.");
    }

    /// <summary>Writes an adapter's folder, each file atomically, <c>nearfar.json</c> last.</summary>
    /// <param name="folder">Made when absent.</param>
    /// <param name="encoder">What to write.</param>
    /// <param name="manifest">Its space must be the encoder's.</param>
    /// <param name="card">Markdown for <c>README.md</c>.</param>
    public static void Save(string folder, AdapterEncoder encoder, ModelManifest manifest, string card)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(manifest);
        EmbeddingSpace.ThrowUnlessSame(encoder.Space, new EmbeddingSpace(manifest.Space), "The manifest", "Make it from the encoder that is written.");
        Directory.CreateDirectory(folder);
        if (encoder.Base is StaticEncoder own && own.TokenRows.Data.Length * sizeof(float) <= LargestCopy)
        {
            StaticModelFolder.Save(Path.Combine(folder, BaseFolder), own, new ModelManifest { Space = own.Space.Id, Name = own.Space.Label, Dimensions = own.Dimensions, MaxTokens = own.Options.MaxTokens },
                $"# {own.Space.Label}\n\nThe frozen base of an adapter. Space `{own.Space.Id}`.\n");
        }

        SafeTensorsFile.WriteMatrix(Path.Combine(folder, FileName), encoder.Rank == 0 ? "weight" : "low_rank", encoder.Map.Rows, [new("base", encoder.DocumentSpace.Id)]);
        // A type that no other library has: better that it refuses the folder than that it reads the base and leaves out the map.
        AtomicFile.Write(Path.Combine(folder, "modules.json"), """
            [
              {"idx": 0, "name": "0", "path": "", "type": "nearfar.QueryAdapter"}
            ]

            """);
        AtomicFile.Write(Path.Combine(folder, "README.md"), card);
        AtomicFile.Write(Path.Combine(folder, "nearfar.json"), manifest.ToBytes());
    }

    private static EmbeddingSpace BaseSpace(SafeTensorsFile file, string path) => file.Metadata.TryGetValue("base", out string? id) && !string.IsNullOrWhiteSpace(id)
        ? new EmbeddingSpace(id)
        : throw new NearfarException(path, 0, "names no base: wanted \"base\" in its metadata, the space id of the frozen encoder.");

    private static AdapterMap ReadMap(SafeTensorsFile file, string path)
    {
        var full = file.Find("weight");
        var tensor = full ?? file.Find("low_rank") ?? throw new NearfarException(path, 0, $"wanted \"weight\" [D, D] or \"low_rank\" [2 r, D], found {string.Join(", ", file.Tensors.Select(t => $"\"{t.Name}\""))}.");
        if (tensor.Shape is not [> 0 and <= 65_536, > 0 and <= 65_536] || (full is null ? tensor.Shape[0] % 2 != 0 || tensor.Shape[0] > 2 * tensor.Shape[1] : tensor.Shape[0] != tensor.Shape[1]))
        {
            throw new NearfarException(path, 0, $"\"{tensor.Name}\" has the shape [{string.Join(", ", tensor.Shape)}]; wanted {(full is null ? "[2 r, D], r at most D" : "[D, D]")}.");
        }

        try
        {
            return new AdapterMap((int)tensor.Shape[1], full is null ? (int)tensor.Shape[0] / 2 : 0, file.ReadSingles(tensor));
        }
        catch (NearfarException e) when (!e.Message.Contains(path, StringComparison.Ordinal))
        {
            throw new NearfarException(path, 0, e.Message, e);
        }
    }
}
