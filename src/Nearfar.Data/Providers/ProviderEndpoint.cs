using System.Net.Http.Headers;
using System.Text.Json;

namespace Nearfar.Data.Providers;

/// <summary>Where a provider's embeddings are asked for, and in which form.</summary>
/// <remarks>A class without a text form: the key must reach no message.</remarks>
internal sealed class ProviderEndpoint
{
    private const string AzureVersion = "2024-10-21";      // the generally available version of Azure's inference interface
    private readonly string? _key;

    private ProviderEndpoint(string kind, Uri address, string model, int? dimensions, string? key)
    {
        Kind = kind;
        Address = address;
        Model = model;
        Dimensions = dimensions;
        _key = key;
    }

    /// <summary><c>openai</c>, <c>azure</c> or <c>ollama</c>.</summary>
    public string Kind { get; }

    public Uri Address { get; }

    /// <summary>Model or deployment: what the provider is asked for.</summary>
    public string Model { get; }

    public int? Dimensions { get; }

    /// <exception cref="NearfarException">An address that is none, a key that is not set, or a key that would travel in clear.</exception>
    public static ProviderEndpoint Of(EncoderSettings settings, Func<string, string?> environment)
    {
        string model = settings.Model ?? settings.Deployment ?? throw new NearfarException($"encoder {settings.Kind} names neither model nor deployment.");
        string root = (settings.Endpoint ?? settings.Kind switch
        {
            "openai" => "https://api.openai.com/v1",
            "ollama" => "http://localhost:11434",
            _ => throw new NearfarException($"encoder {settings.Kind} needs endpoint, such as https://NAME.openai.azure.com."),
        }).TrimEnd('/');
        string path = settings.Kind switch
        {
            "azure" => $"/openai/deployments/{Uri.EscapeDataString(settings.Deployment ?? model)}/embeddings?api-version={AzureVersion}",
            "ollama" => "/api/embed",
            _ => "/embeddings",
        };
        if (!Uri.TryCreate(root + path, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new NearfarException($"encoder endpoint \"{settings.Endpoint}\" is no web address; wanted one such as https://host/v1.");
        }

        string? key = KeyOf(settings, environment);
        return key is null || address.Scheme == "https" || address.IsLoopback
            ? new ProviderEndpoint(settings.Kind, address, model, settings.Dimensions, key)
            : throw new NearfarException($"encoder endpoint {address.GetLeftPart(UriPartial.Authority)} is not encrypted and the key would be readable on its way. Use https.");
    }

    /// <summary>A call for some texts.</summary>
    public HttpRequestMessage Request(IReadOnlyList<string> texts)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("model", Model);
            json.WriteStartArray("input");
            foreach (string text in texts)
            {
                json.WriteStringValue(text);
            }

            json.WriteEndArray();
            if (Kind == "ollama")
            {
                json.WriteBoolean("truncate", false);       // a text that is too long is an error, never half a text
            }
            else
            {
                json.WriteString("encoding_format", "float");
            }

            if (Dimensions is { } dimensions)
            {
                json.WriteNumber("dimensions", dimensions);
            }

            json.WriteEndObject();
        }

        var request = new HttpRequestMessage(HttpMethod.Post, Address) { Content = new ByteArrayContent(body.ToArray()) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (_key is not null && Kind == "azure")
        {
            request.Headers.Add("api-key", _key);
        }
        else if (_key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _key);
        }

        return request;
    }

    /// <summary>A text of the provider's without the key, should it have sent it back.</summary>
    public string Redact(string text) => _key is null ? text : text.Replace(_key, "[key]", StringComparison.Ordinal);

    private static string? KeyOf(EncoderSettings settings, Func<string, string?> environment)
    {
        string? standard = settings.Kind switch { "openai" => "OPENAI_API_KEY", "azure" => "AZURE_OPENAI_API_KEY", _ => null };
        bool needed = settings.KeyEnv is not null || settings.Kind == "azure" || (settings.Kind == "openai" && settings.Endpoint is null);
        if ((settings.KeyEnv ?? standard) is not { } name || !needed)
        {
            return null;        // a server of one's own may want none; a key is never sent to an address that did not ask for it
        }

        return environment(name) is { Length: > 0 } key && key.All(c => c is > ' ' and < '\x7f')
            ? key
            : throw new NearfarException($"The environment variable {name} holds no key for {settings.Kind}. Set it, or name another with encoder.key_env; a key never stands in a file.");
    }
}
