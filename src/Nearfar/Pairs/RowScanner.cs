using System.Globalization;
using System.Text.Json;

namespace Nearfar.Pairs;

/// <summary>Walks the fields of one JSON object on one line. What is wrong goes into the problems; the walk goes on.</summary>
internal ref struct RowScanner
{
    private readonly List<string> _problems;
    private readonly HashSet<string> _seen;
    private Utf8JsonReader _json;

    /// <exception cref="JsonException">Not an object.</exception>
    public RowScanner(ReadOnlySpan<byte> line, List<string> problems, HashSet<string> seen)
    {
        _problems = problems;
        _seen = seen;
        _seen.Clear();
        _json = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 64 });
        _json.Read();
        if (_json.TokenType != JsonTokenType.StartObject)
        {
            _problems.Add($"wanted a JSON object, came {Kind(_json.TokenType)}. Write one object a line.");
            throw new FormatException();
        }
    }

    /// <summary>Moves to the value of the next field; false at the end of the row.</summary>
    public bool NextField(out string name)
    {
        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            name = String();
            _json.Read();
            if (_seen.Add(name))
            {
                return true;
            }

            Problem(name, "stands twice in the row. Keep one");
            _json.Skip();
        }

        name = "";
        _json.Read(); // an error when something follows the object
        return false;
    }

    /// <summary>Whether the value is null, which counts as a missing field.</summary>
    public readonly bool IsNull => _json.TokenType == JsonTokenType.Null;

    /// <summary>Whether the value is null or a text of white space alone.</summary>
    public readonly bool IsBlank => IsNull || (_json.TokenType == JsonTokenType.String && string.IsNullOrWhiteSpace(String()));

    public void Skip() => _json.Skip();

    public readonly void Problem(string field, string message) => _problems.Add($"\"{field}\" {message}.");

    /// <summary>A text, or a number as its text; null when it is anything else or blank.</summary>
    public string? Text(string field)
    {
        if (_json.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
        {
            Wanted(field, "a text");
            return null;
        }

        string text = Scalar(field);
        if (string.IsNullOrWhiteSpace(text))
        {
            Problem(field, "is blank. Fill it or remove the row");
            return null;
        }

        return text;
    }

    /// <summary>An id: a text without control characters and without white space around it.</summary>
    public string? Id(string field)
    {
        if (Text(field) is not { } text)
        {
            return null;
        }

        if (Ids.Check(text, out string? trouble))
        {
            return text;
        }

        Problem(field, trouble);
        return null;
    }

    /// <summary>Moves to the next element of the list the scanner stands in; false behind the last.</summary>
    public bool NextElement() => _json.Read() && _json.TokenType != JsonTokenType.EndArray;

    public readonly bool IsList => _json.TokenType == JsonTokenType.StartArray;

    public readonly bool IsObject => _json.TokenType == JsonTokenType.StartObject;

    /// <summary>Moves to the next field of the object the scanner stands in; false at its end. Repeated names are the caller's.</summary>
    public bool NextInner(out string name)
    {
        _json.Read();
        if (_json.TokenType != JsonTokenType.PropertyName)
        {
            name = "";
            return false;
        }

        name = String();
        _json.Read();
        return true;
    }

    /// <summary>A text, number or truth value as its text; lists and objects are refused; null for null.</summary>
    public string? ScalarText(string field)
    {
        switch (_json.TokenType)
        {
            case JsonTokenType.Null: return null;
            case JsonTokenType.True: return "true";
            case JsonTokenType.False: return "false";
            case JsonTokenType.String or JsonTokenType.Number: return Scalar(field);
            default:
                Wanted(field, "a text, number or truth value");
                return null;
        }
    }

    public double? Number(string field)
    {
        if (_json.TokenType == JsonTokenType.Number && _json.TryGetDouble(out double value) && double.IsFinite(value))
        {
            return value;
        }

        Wanted(field, "a finite number");
        return null;
    }

    public int? Integer(string field)
    {
        if (_json.TokenType == JsonTokenType.Number && _json.TryGetInt32(out int value))
        {
            return value;
        }

        Wanted(field, "a whole number");
        return null;
    }

    public bool? Truth(string field)
    {
        if (_json.TokenType is JsonTokenType.True or JsonTokenType.False)
        {
            return _json.GetBoolean();
        }

        Wanted(field, "true or false");
        return null;
    }

    /// <summary>An ISO 8601 date or time; without an offset it is UTC.</summary>
    public DateTimeOffset? Time(string field)
    {
        if (_json.TokenType != JsonTokenType.String)
        {
            Wanted(field, "a time such as 2026-11-01T09:30:00Z");
            return null;
        }

        string text = String();
        if (Dates.TryParseTime(text, out var time))
        {
            return time;
        }

        Problem(field, $"is \"{text}\"; wanted a time such as 2026-11-01T09:30:00Z");
        return null;
    }

    public bool Opens(string field)
    {
        if (!IsObject)
        {
            Wanted(field, "an object");
            return false;
        }

        return true;
    }

    /// <summary>Says so when two spellings of one field stand in a row.</summary>
    public readonly void OneOf(string? earlier, string name)
    {
        if (earlier is not null)
        {
            _problems.Add($"has \"{earlier}\" and \"{name}\", which say the same thing. Keep one.");
        }
    }

    /// <summary>Says that a field is unknown, names the nearest valid one, and passes over it.</summary>
    public void Unknown(string field, string name, IReadOnlyList<string> valid)
    {
        _problems.Add((field == name ? "" : $"\"{field}\": ") + NearestName.Unknown("field", name, valid));
        _json.Skip();
    }

    /// <summary>Says what was wanted and what came, and passes over it.</summary>
    public void Wanted(string field, string wanted)
    {
        string found = _json.TokenType == JsonTokenType.Number ? Raw() : Kind(_json.TokenType);
        Problem(field, $"wanted {wanted}, came {found}");
        _json.Skip();
    }

    private string Scalar(string field)
    {
        if (_json.TokenType == JsonTokenType.String)
        {
            return String();
        }

        if (!_json.TryGetDouble(out double value) || !double.IsFinite(value))
        {
            Problem(field, $"is {Raw()}, which is too large for a number. Quote it if it is a text");
        }

        return Raw();
    }

    private readonly string String()
    {
        try
        {
            return _json.GetString() ?? "";
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("a \\u escape that is half of a surrogate pair", e);
        }
    }

    private readonly string Raw() => System.Text.Encoding.UTF8.GetString(_json.ValueSpan);

    private static string Kind(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a truth value",
        JsonTokenType.Null => "null",
        _ => type.ToString().ToLower(CultureInfo.InvariantCulture),
    };
}
