using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Nearfar.Evaluation;

/// <summary>What the JSON files of evaluation and gate share.</summary>
internal static class JsonFiles
{
    /// <summary>Indented, "\n" on every platform, letters of all scripts as they are.</summary>
    public static Utf8JsonWriter Writer(IBufferWriter<byte> buffer) => new(buffer, new JsonWriterOptions
    {
        Indented = true,
        IndentSize = 1,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,       // a file, never pasted into a page
    });

    /// <summary>A whole file as UTF-8 with a final newline; its content is one object.</summary>
    /// <param name="content">Writes the object's fields.</param>
    public static byte[] ToUtf8(Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 14);
        Write(buffer, content);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The same into any buffer.</summary>
    public static void Write(IBufferWriter<byte> buffer, Action<Utf8JsonWriter> content)
    {
        using (var json = Writer(buffer))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
    }

    /// <summary>An object of one field a key, keys in ordinal order.</summary>
    /// <param name="json">Receives it.</param>
    /// <param name="name">Of the object.</param>
    /// <param name="values">By key.</param>
    /// <param name="write">Writes one field, its name included.</param>
    public static void WriteMap<T>(Utf8JsonWriter json, string name, IReadOnlyCollection<KeyValuePair<string, T>> values, Action<string, T> write)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in Sorted(values))
        {
            write(key, value);
        }

        json.WriteEndObject();
    }

    /// <summary>A list; each value writes itself.</summary>
    public static void WriteList<T>(Utf8JsonWriter json, string name, IEnumerable<T> values, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            write(value);
        }

        json.WriteEndArray();
    }

    /// <summary>A list of texts.</summary>
    public static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts) => WriteList<string>(json, name, texts, json.WriteStringValue);

    public static byte[] Bytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NearfarException(path, 0, $"cannot be read: {e.Message}", e);
        }
    }

    public static void WantSchema(StrictJson json, string kind, int version)
    {
        int found = json["schema"].Whole();
        if (found != version)
        {
            throw json.Error($"schema version {found}; this Nearfar reads {version}. Make the file anew, or use the version that wrote it.");
        }

        string foundKind = json["kind"].Text();
        if (foundKind != kind)
        {
            throw json.Error($"a {foundKind} file where a {kind} file is wanted.");
        }
    }

    public static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void WriteNumber(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>A row's few values by name; a row is written a million times, so nothing but one array is made.</summary>
    public static KeyValuePair<string, T>[] Sorted<T>(IReadOnlyCollection<KeyValuePair<string, T>> values)
    {
        var sorted = new KeyValuePair<string, T>[values.Count];
        int count = 0;
        foreach (var value in values)
        {
            int at = count++;
            for (; at > 0 && string.CompareOrdinal(sorted[at - 1].Key, value.Key) > 0; at--)
            {
                sorted[at] = sorted[at - 1];
            }

            sorted[at] = value;
        }

        return sorted;
    }

    public static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, double> values) =>
        WriteMap<double>(json, name, values, json.WriteNumber);
}
