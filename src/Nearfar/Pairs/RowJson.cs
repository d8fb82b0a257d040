using System.Text.Json;

namespace Nearfar.Pairs;

/// <summary>Optional fields of a row; a missing or empty one is not written.</summary>
internal static class RowJson
{
    public static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    public static void WriteIds(Utf8JsonWriter json, string name, IReadOnlyList<string> ids)
    {
        if (ids.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (string id in ids)
        {
            json.WriteStringValue(id);
        }

        json.WriteEndArray();
    }

    public static void WriteGrades(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, int>? grades)
    {
        if (grades is null)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var (id, grade) in grades.OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            json.WriteNumber(id, grade);
        }

        json.WriteEndObject();
    }

    public static void WriteMap(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> map)
    {
        if (map.Count == 0)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var (key, value) in map.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }
}
