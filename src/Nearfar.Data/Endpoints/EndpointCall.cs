using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Nearfar.Data.Endpoints;

/// <summary>One search service and the requests it gets.</summary>
/// <remarks>A class without a text form: the headers must reach no message.</remarks>
internal sealed class EndpointCall
{
    private readonly EndpointSettings _settings;
    private readonly Dictionary<string, string> _headers;
    private readonly string[] _secrets;

    private EndpointCall(EndpointSettings settings, Dictionary<string, string> headers, string[] secrets)
    {
        _settings = settings;
        _headers = headers;
        _secrets = secrets;
        string bare = settings.Url.Split('?')[0];
        Address = bare.TrimEnd('/');
        Label = settings.Label ?? Address[(Address.IndexOf("://", StringComparison.Ordinal) + 3)..];
    }

    /// <summary>What the report calls the service.</summary>
    public string Label { get; }

    /// <summary>Its address without the query, which may hold a key.</summary>
    public string Address { get; }

    /// <exception cref="NearfarException">Bad settings, a header's variable that is not set, or one that would travel in clear: all in one message.</exception>
    public static EndpointCall Of(EndpointSettings settings, Func<string, string?> environment)
    {
        var problems = EndpointRules.Problems(settings).ToList();
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var secrets = new List<string>();
        foreach (var (name, written) in settings.Headers)
        {
            string value = WorkspacePaths.Fill(written, variable => Noted(environment(variable), secrets), variable => problems.Add(("headers", $"{name}: the environment variable {variable} is not set. Set it to what the service wants.")));
            headers[name] = value;
            if (value.Any(c => c is < ' ' or > '~'))
            {
                problems.Add(("headers", $"{name}: its value holds a character that a header cannot carry, such as a line break."));
            }
        }

        if (problems.Count == 0 && secrets.Count > 0 && new Uri(EndpointRules.Fill(settings.Url, "a", 1, Uri.EscapeDataString)) is { Scheme: "http", IsLoopback: false })
        {
            problems.Add(("headers", "come from the environment, and the address is not encrypted: they would be readable on their way. Use https."));
        }

        // Parts too: a service that repeats a token does so without the word before it.
        secrets.AddRange(headers.Values.SelectMany(v => v.Split(' ').Where(part => part.Length >= 8).Append(v)));
        return problems.Count == 0
            ? new EndpointCall(settings, headers, [.. secrets.Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).OrderByDescending(s => s.Length)])
            : throw new NearfarException(string.Join('\n', problems.Select(p => $"endpoint.{p.Key}: {p.Message}")));
    }

    /// <exception cref="NearfarException">A question too long for an address.</exception>
    public HttpRequestMessage Request(string question)
    {
        if (!Uri.TryCreate(EndpointRules.Fill(_settings.Url, question, _settings.Top, Uri.EscapeDataString), UriKind.Absolute, out var address))
        {
            throw new NearfarException("the question does not fit into an address; ask by POST");
        }

        bool get = EndpointRules.IsGet(_settings);
        var request = new HttpRequestMessage(get ? HttpMethod.Get : HttpMethod.Post, address);
        if (!get)
        {
            request.Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(EndpointRules.Fill(_settings.Body ?? EndpointRules.DefaultBody, question, _settings.Top, EndpointRules.Json)));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        foreach (var (name, value) in _headers)
        {
            HttpHeaders to = name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase) ? request.Content!.Headers : request.Headers;
            to.Remove(name);
            to.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    /// <summary>What an answer is kept under: all that decides it, but for the headers.</summary>
    public string Key(string question)
    {
        string[] parts = [_settings.Url, EndpointRules.IsGet(_settings) ? "GET" : "POST", EndpointRules.IsGet(_settings) ? "" : _settings.Body ?? EndpointRules.DefaultBody,
            _settings.Ids, _settings.Scores ?? "", FormattableString.Invariant($"{_settings.Top}"), question];
        return Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Concat(parts.Select(p => FormattableString.Invariant($"{p.Length}:{p}"))))));
    }

    /// <summary>A text of the service's without the headers, should it have sent one back.</summary>
    public string Redact(string text) => _secrets.Aggregate(text, (t, secret) => t.Replace(secret, "[header]", StringComparison.Ordinal));

    private static string? Noted(string? value, List<string> secrets)
    {
        if (value is { Length: > 0 })
        {
            secrets.Add(value);
        }

        return value;
    }
}
