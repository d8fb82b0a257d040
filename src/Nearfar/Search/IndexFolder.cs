using System.Text.Json;
using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>An index on disk: float32 vectors and their ids; in a quantised one also codes; and <c>index.json</c>, which names the kind.</summary>
/// <remarks>Opened by memory map: nothing is copied, and pages are read when a search touches them.</remarks>
public static class IndexFolder
{
    /// <summary>Up to so many vectors <see cref="Choose"/> takes exact search.</summary>
    private const int MostFlat = 200_000;

    private const string VectorsName = "vectors.safetensors";
    private const string CodesName = "codes.safetensors";
    private const string ManifestName = "index.json";

    /// <summary>The kind that suits a size, and why.</summary>
    /// <param name="count">Vectors.</param>
    /// <param name="dimensions">D.</param>
    public static (IndexKind Kind, string Reason) Choose(int count, int dimensions)
    {
        string size = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{count} vectors of {dimensions} dimensions are {(double)count * dimensions * sizeof(float) / 1e6:0.#} MB");
        return count <= MostFlat
            ? (IndexKind.Flat, $"{size}: exact search reads them in milliseconds, is always right and has nothing to tune.")
            : (IndexKind.Int8, $"{size}: codes of one byte a value read a quarter of that, and the best are ordered by their float32 rows.");
    }

    /// <summary>Builds an index in memory.</summary>
    /// <param name="vectors">Unit rows.</param>
    /// <param name="kind">The kind.</param>
    public static IVectorIndex Build(VectorSet vectors, IndexKind kind) => kind == IndexKind.Flat ? new FlatIndex(vectors) : new QuantisedIndex(vectors, kind);

    /// <summary>Opens an index of any kind.</summary>
    /// <param name="folder">What <see cref="IVectorIndex.Save"/> wrote.</param>
    /// <exception cref="NearfarException">No index there, or a broken one.</exception>
    public static IVectorIndex Open(string folder)
    {
        string path = Path.Combine(folder, VectorsName);
        if (!File.Exists(path))
        {
            throw new NearfarException(folder, 0, "holds no index. Make one with: nearfar index VECTORS --out FOLDER");
        }

        var kind = ReadKind(Path.Combine(folder, ManifestName));
        var file = VectorFile.Open(path);
        try
        {
            if (kind == IndexKind.Flat)
            {
                return new FlatIndex(file.MapSet(), file);
            }

            string codesPath = Path.Combine(folder, CodesName);
            using var codes = VectorFile.Open(codesPath);
            CheckCodes(codes, file, kind);
            RowCode code = kind == IndexKind.Int8 ? new Int8Code(codes.Ranges!) : new BinaryCode(codes.Dimensions);
            return new QuantisedIndex(file.MapSet(), code, codes.MapCodes(), codes.IsPresent, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    internal static void Save(string folder, IndexRows rows, RowCode? code)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var now = rows.Now;
        var live = rows.Save(Path.Combine(folder, VectorsName), now);
        string codes = Path.Combine(folder, CodesName);
        if (code is not null)
        {
            int d = code.Dimensions;
            using var writer = new VectorFileWriter(codes, rows.Vectors.Space, live.Length, d, code.File);
            foreach (int position in live)
            {
                writer.Write(new ArraySegment<string>(now.Ids, position, 1), new Rows<float>(now.Row(position).ToArray(), 1, d, d));
            }

            writer.Complete();
        }

        WriteKind(Path.Combine(folder, ManifestName), code?.Kind ?? IndexKind.Flat);
        if (code is null)
        {
            File.Delete(codes);
            File.Delete(IdFile.PathOf(codes));
        }
    }

    // Codes of other rows would lose documents without a word.
    private static void CheckCodes(VectorFile codes, VectorFile vectors, IndexKind kind)
    {
        var wanted = kind == IndexKind.Int8 ? VectorType.Int8 : VectorType.Binary;
        if (codes.Type != wanted || codes.Dimensions != vectors.Dimensions || codes.Count != vectors.Count || codes.IdsHash != vectors.IdsHash
            || VectorFile.SpaceOf(vectors.Space, wanted, codes.Ranges) != codes.Space)
        {
            throw new NearfarException(codes.Path, 0, $"{codes.Count} {codes.Type} codes of space {codes.Space} do not belong to the {vectors.Count} vectors of space {vectors.Space} beside them. Build the index again: nearfar index");
        }
    }

    private static void WriteKind(string path, IndexKind kind) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteNumber("version", 1);
        json.WriteString("kind", NameOf(kind));
        json.WriteEndObject();
    });

    private static IndexKind ReadKind(string path)
    {
        if (!File.Exists(path))
        {
            return IndexKind.Flat;      // folders of before there were kinds
        }

        string? name = null;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
            name = json.RootElement.GetProperty("version").GetInt32() == 1 ? json.RootElement.GetProperty("kind").GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new NearfarException(path, 0, $"is not the manifest of an index: {e.Message} Build it again: nearfar index", e);
        }

        foreach (var kind in Enum.GetValues<IndexKind>())
        {
            if (NameOf(kind) == name)
            {
                return kind;
            }
        }

        throw new NearfarException(path, 0, $"wanted version 1 and kind flat, int8 or binary, found \"{name}\". Build it again: nearfar index");
    }

    private static string NameOf(IndexKind kind) => kind switch { IndexKind.Flat => "flat", IndexKind.Int8 => "int8", _ => "binary" };
}
