using System.Globalization;
using System.Text.Json;

namespace Nearfar.Data.Endpoints;

/// <summary>What an endpoint must be so that a question can be asked, found before the first one is.</summary>
internal static class EndpointRules
{
    public const int MostDocuments = 10_000;
    public const int MostParallel = 64;
    public const int MostSeconds = 86_400;
    public const string Query = "{query}";
    public const string DefaultBody = """{"query": "{query}", "top_k": {k}}""";
    private const int LongestLabel = 100;

    public static bool IsGet(EndpointSettings settings) => (settings.Method ?? (settings.Url.Contains(Query, StringComparison.Ordinal) ? "GET" : "POST")) == "GET";

    /// <summary>A template with its places filled; <paramref name="escape"/> makes the question fit where it stands.</summary>
    public static string Fill(string template, string question, int top, Func<string, string> escape) => template
        .Replace("{k}", top.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace(Query, escape(question), StringComparison.Ordinal);        // last: a question may hold "{k}"

    public static string Json(string question) => JsonEncodedText.Encode(question).ToString();

    /// <summary>All that is wrong, by key.</summary>
    public static IEnumerable<(string Key, string Message)> Problems(EndpointSettings settings) =>
        [.. OfUrl(settings), .. OfBody(settings), .. OfPaths(settings), .. OfNumbers(settings), .. OfHeaders(settings), .. OfLabel(settings)];

    private static IEnumerable<(string, string)> OfUrl(EndpointSettings settings)
    {
        if (settings.Method is not (null or "GET" or "POST"))
        {
            yield return ("method", "wanted GET or POST.");
        }

        if (!Uri.TryCreate(Fill(settings.Url, "a", 1, Uri.EscapeDataString), UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            yield return ("url", "wanted a web address such as https://host/search.");
            yield break;
        }

        if (address.UserInfo.Length > 0)
        {
            yield return ("url", "holds a user. Write a header Authorization: \"Basic ${NAME}\" with the environment variable's name.");
        }

        if (address.Fragment.Length > 0)
        {
            yield return ("url", "has a part behind #, which is never sent. Remove it.");
        }

        if (address.Authority != new Uri(Fill(settings.Url, "b", 2, Uri.EscapeDataString)).Authority)
        {
            yield return ("url", "has a host that depends on the question. {query} and {k} belong into path and query.");
        }
    }

    private static IEnumerable<(string, string)> OfBody(EndpointSettings settings)
    {
        bool inUrl = settings.Url.Contains(Query, StringComparison.Ordinal);
        if (IsGet(settings))
        {
            if (!inUrl)
            {
                yield return ("url", "holds no {query}, and a GET asks by its address alone. Write one such as https://host/search?q={query}&n={k}.");
            }

            if (settings.Body is not null)
            {
                yield return ("body", "belongs to a POST; this is a GET. Remove it, or write method: POST.");
            }

            yield break;
        }

        string body = settings.Body ?? DefaultBody;
        if (!inUrl && !body.Contains(Query, StringComparison.Ordinal))
        {
            yield return ("body", "holds no {query}, so that the question would never be sent. Write one such as " + DefaultBody + ".");
        }

        if (Fault(Fill(body, "a \"question\"", settings.Top, Json)) is { } fault)      // the quotes tell whether {query} stands inside a string
        {
            yield return ("body", $"is no JSON once {{query}} and {{k}} are filled in: {fault} {{query}} stands inside quotes, as in {DefaultBody}.");
        }
    }

    private static string? Fault(string json)
    {
        try
        {
            using var _ = JsonDocument.Parse(json);
            return null;
        }
        catch (JsonException e)
        {
            return e.Message.Split(" LineNumber:")[0];
        }
    }

    private static IEnumerable<(string, string)> OfPaths(EndpointSettings settings)
    {
        foreach (var (key, path) in new[] { ("ids", settings.Ids), ("scores", settings.Scores) })
        {
            if (path is not null && AnswerPath.Parse(path) is null)
            {
                yield return (key, $"\"{path}\" is no path; wanted {AnswerPath.Form}.");
            }
        }
    }

    private static IEnumerable<(string, string)> OfNumbers(EndpointSettings settings)
    {
        if (settings.Top is < 1 or > MostDocuments)
        {
            yield return ("top", $"wanted 1 to {MostDocuments}, came {settings.Top}.");
        }

        if (settings.Parallel is < 1 or > MostParallel)
        {
            yield return ("parallel", $"wanted 1 to {MostParallel}, came {settings.Parallel}.");
        }

        if (!(settings.TimeoutSeconds > 0 && settings.TimeoutSeconds <= MostSeconds))
        {
            yield return ("timeout_seconds", FormattableString.Invariant($"wanted above 0, at most {MostSeconds}, came {settings.TimeoutSeconds}."));
        }
    }

    private static IEnumerable<(string, string)> OfHeaders(EndpointSettings settings)
    {
        using var request = new HttpRequestMessage();
        foreach (string name in settings.Headers.Keys)
        {
            bool type = name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase);
            if (type ? IsGet(settings) : !request.Headers.TryAddWithoutValidation(name, "x"))
            {
                yield return ("headers", $"\"{name}\" is no header that {(type ? "a GET" : "a request")} may have. Remove it.");
            }
        }
    }

    private static IEnumerable<(string, string)> OfLabel(EndpointSettings settings)
    {
        if (settings.Label is { } label && (string.IsNullOrWhiteSpace(label) || label.Length > LongestLabel || label.Any(char.IsControl)))
        {
            yield return ("label", $"wanted a text of at most {LongestLabel} characters in one line.");
        }
    }
}
