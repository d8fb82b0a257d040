using System.IO.Compression;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;

namespace Nearfar.Bench.Data;

/// <summary>Rows of the public data sets, and the hash that splits them.</summary>
internal static class DataRows
{
    /// <summary>The folder NEARFAR_DATA names.</summary>
    /// <exception cref="NearfarException">Not set, or no folder.</exception>
    public static string Root() => Environment.GetEnvironmentVariable("NEARFAR_DATA") is { Length: > 0 } root && Directory.Exists(root)
        ? root
        : throw new NearfarException("NEARFAR_DATA names no folder. Set it to the folder of the public data sets.");

    /// <summary>The texts and numbers of each row of a JSONL file, plain or gzipped.</summary>
    public static IEnumerable<IReadOnlyDictionary<string, string>> Read(string path)
    {
        using Stream file = File.OpenRead(path);
        using var reader = new StreamReader(path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file);
        while (reader.ReadLine() is { } line)
        {
            using var row = JsonDocument.Parse(line);
            yield return row.RootElement.EnumerateObject().Where(f => f.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
                .ToDictionary(f => f.Name, f => f.Value.ToString(), StringComparer.Ordinal);
        }
    }

    /// <summary>Attributes or cohorts, in the order given.</summary>
    public static Dictionary<string, string> Named(params ReadOnlySpan<(string Name, string Value)> values)
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in values)
        {
            named.Add(name, value);
        }

        return named;
    }

    /// <summary>md5 of the UTF-8 text, as an integer, modulo m.</summary>
    public static int Fold(string text, int m) => (int)(Hash(text) % m);

    /// <summary>md5 of the UTF-8 text, as an integer.</summary>
    public static BigInteger Hash(string text)
    {
#pragma warning disable CA5351 // the published splits are defined by md5; nothing is protected by it
        byte[] hash = MD5.HashData(System.Text.Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5351
        return new BigInteger(hash, isUnsigned: true, isBigEndian: true);
    }
}
