using System.Globalization;
using System.Text.Json;

namespace Nearfar.Evaluation;

/// <summary>A JSON value with its place: reading it as anything but what it is, or leaving a field unread, is an error.</summary>
internal readonly struct StrictJson
{
    private readonly JsonElement _element;
    private readonly string _file;
    private readonly string _place;

    private StrictJson(JsonElement element, string file, string place)
    {
        _element = element;
        _file = file;
        _place = place;
    }

    /// <summary>Parses a file's bytes and hands the root to <paramref name="read"/>.</summary>
    /// <exception cref="NearfarException">No JSON, a repeated field, or what <paramref name="read"/> refuses.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> utf8, string file, Func<StrictJson, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 32 });
            return read(new StrictJson(document.RootElement, file, "$"));
        }
        catch (JsonException e)
        {
            throw new NearfarException(file, (e.LineNumber ?? -1) + 1, $"not readable as JSON: {e.Message}", e);
        }
    }

    public bool IsNull => _element.ValueKind == JsonValueKind.Null;

    public NearfarException Error(string message) => new(_file, 0, $"at {_place}: {message}");

    /// <summary>Refuses any field that is not named.</summary>
    public StrictJson Only(params ReadOnlySpan<string> names)
    {
        Want(JsonValueKind.Object, "an object");
        foreach (var property in _element.EnumerateObject())
        {
            if (!names.Contains(property.Name))
            {
                throw Error($"unknown field \"{property.Name}\". A newer version may have written it: use that version.");
            }
        }

        return this;
    }

    public StrictJson this[string name] =>
        Optional(name) ?? throw Error($"field \"{name}\" is missing.");

    /// <summary>Null when the field is absent; a field that is null is not absent.</summary>
    public StrictJson? Optional(string name)
    {
        Want(JsonValueKind.Object, "an object");
        return _element.TryGetProperty(name, out var value) ? new StrictJson(value, _file, $"{_place}.{name}") : null;
    }

    public string Text()
    {
        Want(JsonValueKind.String, "a string");
        return _element.GetString()!;
    }

    public bool Flag() => _element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong("true or false"),
    };

    public int Whole(int least = 0)
    {
        Want(JsonValueKind.Number, "a number");
        return _element.TryGetInt32(out int value) && value >= least ? value : throw Wrong(string.Create(CultureInfo.InvariantCulture, $"a whole number of at least {least}"));
    }

    public ulong Unsigned()
    {
        Want(JsonValueKind.Number, "a number");
        return _element.TryGetUInt64(out ulong value) ? value : throw Wrong("a whole number of at least 0");
    }

    public double Number()
    {
        Want(JsonValueKind.Number, "a finite number");
        return _element.TryGetDouble(out double value) && double.IsFinite(value) ? value : throw Wrong("a finite number");
    }

    public string? TextOrNull() => IsNull ? null : Text();

    public double? NumberOrNull() => IsNull ? null : Number();

    public List<T> List<T>(Func<StrictJson, T> read)
    {
        Want(JsonValueKind.Array, "a list");
        var items = new List<T>(_element.GetArrayLength());
        foreach (var item in _element.EnumerateArray())
        {
            items.Add(read(new StrictJson(item, _file, string.Create(CultureInfo.InvariantCulture, $"{_place}[{items.Count}]"))));
        }

        return items;
    }

    public Dictionary<string, T> Map<T>(Func<StrictJson, T> read)
    {
        Want(JsonValueKind.Object, "an object");
        var items = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var property in _element.EnumerateObject())
        {
            items.Add(property.Name, read(new StrictJson(property.Value, _file, $"{_place}[\"{property.Name}\"]")));
        }

        return items;
    }

    private void Want(JsonValueKind kind, string what)
    {
        if (_element.ValueKind != kind)
        {
            throw Wrong(what);
        }
    }

    private NearfarException Wrong(string wanted)
    {
        string raw = _element.GetRawText();
        return Error($"wanted {wanted}, came {(raw.Length > 40 ? raw[..40] + "…" : raw)}.");
    }
}
