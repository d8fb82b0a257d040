using System.Globalization;
using System.Security.Cryptography;
using Nearfar.Evaluation;
using Nearfar.Pairs;

namespace Nearfar.Gating.Sets;

/// <summary>
/// The frozen versions of a gate set: <c>v1.jsonl</c> with its rows, <c>v1.pool.jsonl</c> with its pools, <c>v1.json</c> with its manifest, and so
/// on. Versions are only added; each manifest holds the hash of the one before.
/// </summary>
public sealed class GateSetFolder
{
    /// <param name="path">The folder; it may not exist yet.</param>
    public GateSetFolder(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Path = path;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The folder that belongs to a file of questions: <c>gate.jsonl</c> to <c>gate.frozen</c>.</summary>
    /// <param name="gateFile">The file, or a BEIR folder.</param>
    public static GateSetFolder Beside(string gateFile)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(gateFile);
        string name = gateFile.TrimEnd('/', '\\');
        foreach (string ending in new[] { ".gz", ".zst", ".jsonl", ".csv", ".tsv", ".parquet" })
        {
            name = name.EndsWith(ending, StringComparison.OrdinalIgnoreCase) ? name[..^ending.Length] : name;
        }

        return new GateSetFolder(name + ".frozen");
    }

    /// <summary>Manifests of all versions, oldest first; empty when nothing was frozen.</summary>
    /// <exception cref="NearfarException">A version is missing, or a manifest was changed behind its successor.</exception>
    public IReadOnlyList<GateSetManifest> Versions()
    {
        var manifests = new List<GateSetManifest>();
        string? previous = null;
        for (int version = 1; File.Exists(ManifestPath(version)); version++)
        {
            byte[] bytes = JsonFiles.Bytes(ManifestPath(version));
            var manifest = GateSetManifestJson.Read(bytes, ManifestPath(version));
            if (manifest.Version != version || manifest.Previous != previous)
            {
                throw new NearfarException(ManifestPath(version), 0, $"is no successor of version {version - 1} as that stands now: a frozen version was changed or moved. Restore the folder from version control.");
            }

            manifests.Add(manifest);
            previous = Convert.ToHexStringLower(SHA256.HashData(bytes));
        }

        ThrowIfGap(manifests.Count);
        return manifests;
    }

    /// <summary>The newest version; null when nothing was frozen.</summary>
    /// <exception cref="NearfarException">The folder was changed by hand.</exception>
    public FrozenGateSet? Latest() => Versions() is { Count: > 0 } versions ? Load(versions[^1]) : null;

    /// <summary>One version.</summary>
    /// <param name="version">1 and more.</param>
    /// <exception cref="NearfarException">No such version, or its rows are not those that were frozen.</exception>
    public FrozenGateSet Load(int version)
    {
        var versions = Versions();
        return version >= 1 && version <= versions.Count ? Load(versions[version - 1])
            : throw new NearfarException(Path, 0, versions.Count == 0 ? "holds no frozen version. Run: nearfar gateset freeze" : $"holds versions 1 to {versions.Count}, not {version}.");
    }

    /// <summary>Writes the next version: rows and pools first, the manifest last, so that a version that is there is there whole.</summary>
    /// <param name="set">Made by <see cref="GateSetFreezer"/> from the newest version here.</param>
    /// <returns>The version as it is read back.</returns>
    /// <exception cref="NearfarException">It does not follow the newest version.</exception>
    public FrozenGateSet Append(FrozenGateSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        int version = set.Manifest.Version;
        int newest = Versions().Count;
        if (version != newest + 1)
        {
            throw new NearfarException(Path, 0, $"the newest version is {newest}; version {version} was made from another. Freeze again.");
        }

        PairFile.Write(RowsPath(version), set.Rows.Rows);
        PairFile.Write(PoolPath(version), set.Pool);
        var manifest = set.Manifest with
        {
            RowsHash = HashOf(RowsPath(version)),
            Previous = version == 1 ? null : HashOf(ManifestPath(version - 1)),
        };
        AtomicFile.Write(ManifestPath(version), GateSetManifestJson.Write(manifest));
        return Load(manifest);
    }

    private FrozenGateSet Load(GateSetManifest manifest)
    {
        string path = RowsPath(manifest.Version);
        if (HashOf(path) != manifest.RowsHash)
        {
            throw new NearfarException(path, 0, $"is not the file that was frozen as version {manifest.Version}. Restore it from version control; questions are added with nearfar gateset add.");
        }

        return new FrozenGateSet(manifest, PairFile.Read(path), PairFile.Read(PoolPath(manifest.Version)).Rows);
    }

    // A manifest behind a gap would be passed over in silence, and an older version be read as the newest.
    private void ThrowIfGap(int versions)
    {
        string? stray = !Directory.Exists(Path) ? null : Directory.EnumerateFiles(Path, "v*.json").Select(System.IO.Path.GetFileNameWithoutExtension)
            .FirstOrDefault(n => int.TryParse(n![1..], NumberStyles.None, CultureInfo.InvariantCulture, out int v) && v > versions);
        if (stray is not null)
        {
            throw new NearfarException(System.IO.Path.Combine(Path, stray + ".json"), 0, $"is there, but version {versions + 1} is missing. Restore the folder from version control.");
        }
    }

    private static string HashOf(string path) => Convert.ToHexStringLower(SHA256.HashData(JsonFiles.Bytes(path)));

    private string ManifestPath(int version) => PathOf(version, ".json");

    private string RowsPath(int version) => PathOf(version, ".jsonl");

    private string PoolPath(int version) => PathOf(version, ".pool.jsonl");

    private string PathOf(int version, string ending) => System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"v{version}{ending}"));
}
