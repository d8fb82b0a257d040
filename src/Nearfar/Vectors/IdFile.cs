using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Unicode;

namespace Nearfar.Vectors;

/// <summary>The ids of a vector file: <c>NAME.ids.jsonl</c> beside it, one JSON string a line.</summary>
internal static class IdFile
{
    private static readonly SearchValues<byte> s_special = SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (byte)i), (byte)'"', (byte)'\\']);

    public static string PathOf(string vectors) => Path.ChangeExtension(vectors, ".ids.jsonl");

    /// <summary>The ids and the SHA-256 of the file, hex.</summary>
    /// <exception cref="NearfarException">Missing, or a line that is no JSON string.</exception>
    public static (string[] Ids, string Hash) Read(string vectors)
    {
        string path = PathOf(vectors);
        if (!File.Exists(path))
        {
            throw new NearfarException(path, 0, $"missing: the ids of {vectors} stand there, one JSON string a line.");
        }

        byte[] bytes = File.ReadAllBytes(path);
        var ids = new List<string>();
        for (int start = 0; start < bytes.Length;)
        {
            int length = bytes.AsSpan(start).IndexOf((byte)'\n');
            var line = bytes.AsSpan(start, length < 0 ? bytes.Length - start : length);
            start += line.Length + 1;
            ids.Add(Parse(path, ids.Count + 1, line is [.., (byte)'\r'] ? line[..^1] : line));
        }

        return ([.. ids], Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>Refuses an id that stands twice.</summary>
    public static Dictionary<string, int> Places(IReadOnlyList<string> ids, int count, string path)
    {
        var places = new Dictionary<string, int>(count, StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            if (!places.TryAdd(ids[i], i))
            {
                throw new NearfarException(path, i + 1, $"id \"{ids[i]}\" stands twice; ids must be unique.");
            }
        }

        return places;
    }

    private static string Parse(string path, long line, ReadOnlySpan<byte> json)
    {
        if (json is [(byte)'"', .., (byte)'"'] && !json[1..^1].ContainsAny(s_special) && Utf8.IsValid(json))
        {
            return System.Text.Encoding.UTF8.GetString(json[1..^1]);      // the common case, ten times faster than a reader for each line
        }

        try
        {
            var reader = new Utf8JsonReader(json);
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
