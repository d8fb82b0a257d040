using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>An index on disk: <c>vectors.safetensors</c>, its ids, and the space in the metadata.</summary>
public static class IndexFolder
{
    private const string VectorsName = "vectors.safetensors";

    /// <summary>Writes an index.</summary>
    /// <param name="folder">Made when absent.</param>
    /// <param name="vectors">What is searched.</param>
    public static void Save(string folder, VectorSet vectors)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(vectors);
        vectors.Save(Path.Combine(folder, VectorsName));
    }

    /// <summary>Opens an index.</summary>
    /// <param name="folder">What <see cref="Save"/> wrote.</param>
    /// <exception cref="NearfarException">No index there, or a broken one.</exception>
    public static FlatIndex Open(string folder)
    {
        string path = Path.Combine(folder, VectorsName);
        return File.Exists(path)
            ? new FlatIndex(VectorSet.Load(path))
            : throw new NearfarException(folder, 0, "holds no index. Make one with: nearfar index VECTORS --out FOLDER");
    }
}
