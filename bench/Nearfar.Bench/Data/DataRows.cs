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

    /// <summary>The text fields of each row of a gzipped JSONL file, with the row's number.</summary>
    public static IEnumerable<IReadOnlyDictionary<string, string>> Read(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            using var row = JsonDocument.Parse(line);
            yield return row.RootElement.EnumerateObject().Where(f => f.Value.ValueKind == JsonValueKind.String)
                .ToDictionary(f => f.Name, f => f.Value.GetString()!, StringComparer.Ordinal);
        }
    }

    /// <summary>md5 of the UTF-8 text, as an integer, modulo m.</summary>
    public static int Fold(string text, int m)
    {
#pragma warning disable CA5351 // the published splits are defined by md5; nothing is protected by it
        byte[] hash = MD5.HashData(System.Text.Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5351
        return (int)(new BigInteger(hash, isUnsigned: true, isBigEndian: true) % m);
    }
}
