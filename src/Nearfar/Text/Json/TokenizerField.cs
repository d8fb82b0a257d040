using System.Globalization;
using System.Text.Json;

namespace Nearfar.Text.Json;

/// <summary>A value of a <c>tokenizer.json</c> together with its place, so that every refusal names file and JSON path.</summary>
internal readonly struct TokenizerField(JsonElement element, string file, string path)
{
    public JsonElement Element { get; } = element;

    public string Path { get; } = path;

    public string TypeName => Get("type").Text();

    public NearfarException Error(string message) => new(file, 0, $"{Path}: {message}");

    /// <summary>A member that must be there; it may be null.</summary>
    public TokenizerField Get(string name)
    {
        if (Element.ValueKind != JsonValueKind.Object)
        {
            throw Error($"an object is wanted, {Element.ValueKind} came.");
        }

        return Element.TryGetProperty(name, out var value)
            ? new TokenizerField(value, file, $"{Path}.{name}")
            : throw Error($"the member \"{name}\" is missing.");
    }

    /// <summary>A member, or null when it is absent or null.</summary>
    public TokenizerField? Find(string name)
    {
        if (Element.ValueKind != JsonValueKind.Object)
        {
            throw Error($"an object is wanted, {Element.ValueKind} came.");
        }

        return Element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? new TokenizerField(value, file, $"{Path}.{name}")
            : null;
    }

    /// <summary>Refuses members that this reader does not know: it would have to ignore what they ask for.</summary>
    public void Only(params ReadOnlySpan<string> names)
    {
        foreach (var member in Members())
        {
            string name = member.Path[(Path.Length + 1)..];
            if (!names.Contains(name))
            {
                throw member.Error($"this member is not supported; known here are {string.Join(", ", names.ToArray())}.");
            }
        }
    }

    public IEnumerable<TokenizerField> Members()
    {
        if (Element.ValueKind != JsonValueKind.Object)
        {
            throw Error($"an object is wanted, {Element.ValueKind} came.");
        }

        foreach (var member in Element.EnumerateObject())
        {
            yield return new TokenizerField(member.Value, file, $"{Path}.{member.Name}");
        }
    }

    public IEnumerable<TokenizerField> Items()
    {
        if (Element.ValueKind != JsonValueKind.Array)
        {
            throw Error($"an array is wanted, {Element.ValueKind} came.");
        }

        int index = 0;
        foreach (var item in Element.EnumerateArray())
        {
            yield return new TokenizerField(item, file, $"{Path}[{index++.ToString(CultureInfo.InvariantCulture)}]");
        }
    }

    public string Text()
    {
        if (Element.ValueKind != JsonValueKind.String)
        {
            throw Error($"a string is wanted, {Element.ValueKind} came.");
        }

        try
        {
            return Element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Error("the string holds half a surrogate pair.");
        }
    }

    public bool Flag() => Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Error($"true or false is wanted, {Element.ValueKind} came."),
    };

    public int Whole(int min, int max) =>
        Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out int value) && value >= min && value <= max
            ? value
            : throw Error($"a whole number from {min} to {max} is wanted, {Shown()} came.");

    public double Number() =>
        Element.ValueKind == JsonValueKind.Number && Element.TryGetDouble(out double value) && double.IsFinite(value)
            ? value
            : throw Error($"a finite number is wanted, {Shown()} came.");

    public bool FlagOr(string name, bool absent) => Find(name)?.Flag() ?? absent;

    public string? TextOrNull(string name) => Find(name)?.Text();

    /// <summary>Copies the value with the members of every object in ordinal order, for parts that we keep but do not read.</summary>
    public static void WriteSorted(JsonElement element, CanonicalJson json)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                json.StartObject();
                foreach (var member in element.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    json.Name(member.Name);
                    WriteSorted(member.Value, json);
                }

                json.EndObject();
                break;
            case JsonValueKind.Array:
                json.StartArray();
                foreach (var item in element.EnumerateArray())
                {
                    WriteSorted(item, json);
                }

                json.EndArray();
                break;
            case JsonValueKind.String:
                json.Value(element.GetString());
                break;
            default:
                json.Raw(element.GetRawText());
                break;
        }
    }

    private string Shown()
    {
        string raw = Element.GetRawText();
        return raw.Length <= 40 ? raw : raw[..40] + "…";
    }
}
