using System.Text.Json;

namespace Nearfar.Data.Endpoints;

/// <summary>Where values stand in a JSON answer: <c>hits.hits[]._id</c> is the <c>_id</c> of every item of the list <c>hits</c> in <c>hits</c>.</summary>
internal sealed class AnswerPath
{
    /// <summary>What a path looks like, for messages.</summary>
    public const string Form = "names joined by dots with [] behind a list, such as results[].id, hits.hits[]._id, [].document.id or ids[]";

    private readonly string?[] _steps;      // a name, or null for every item of a list

    private AnswerPath(string?[] steps) => _steps = steps;

    /// <returns>Null when the text is no path.</returns>
    public static AnswerPath? Parse(string text)
    {
        var steps = new List<string?>();
        foreach (string part in text.Split('.'))
        {
            string name = part;
            while (name.EndsWith("[]", StringComparison.Ordinal))
            {
                name = name[..^2];
            }

            if (name.Length > 0)
            {
                steps.Add(name);
            }

            if (name.AsSpan().ContainsAny("[] \t\n") || (name.Length == 0 && (steps.Count > 0 || part.Length == 0)))
            {
                return null;        // only the whole answer is a list without a name
            }

            steps.AddRange(Enumerable.Repeat<string?>(null, (part.Length - name.Length) / 2));
        }

        return steps.Contains(null) ? new AnswerPath([.. steps]) : null;
    }

    /// <summary>The values in the order of the answer; a list that is null has no items.</summary>
    /// <exception cref="NearfarException">A name that is not there, or a list that is none.</exception>
    public IReadOnlyList<JsonElement> Of(JsonElement answer)
    {
        List<JsonElement> found = [answer];
        string at = "";
        foreach (string? step in _steps)
        {
            found = [.. step is null ? found.SelectMany(value => Items(value, at)) : found.Select(value => Member(value, step, at))];
            at = step is null ? at + "[]" : at.Length == 0 ? step : $"{at}.{step}";
        }

        return found;
    }

    private static JsonElement[] Items(JsonElement list, string at) => list.ValueKind switch
    {
        JsonValueKind.Array => [.. list.EnumerateArray()],
        JsonValueKind.Null => [],           // how some languages write an empty list
        _ => throw new NearfarException($"{Named(at)} is no list"),
    };

    private static JsonElement Member(JsonElement value, string name, string at) => value.ValueKind != JsonValueKind.Object
        ? throw new NearfarException($"{Named(at)} is no object with a \"{name}\"")
        : value.TryGetProperty(name, out var member) ? member
        : throw new NearfarException($"{Named(at)} has no \"{name}\"{Others(value)}");

    private static string Named(string at) => at.Length == 0 ? "the answer" : at;

    private static string Others(JsonElement value)
    {
        string[] names = [.. value.EnumerateObject().Select(p => $"\"{p.Name}\"").Take(8)];
        return names.Length == 0 ? "; it is empty" : $"; it has {string.Join(", ", names)}";
    }
}
