using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Nearfar.Data.Providers;

/// <summary>
/// A provider's embeddings over HTTP, one call for each request: retried with doubling pauses, or with the pause that the provider asks for,
/// when it fails, throttles, hangs or is cut; checked before anybody sees them. Not thread-safe: calls follow one another.
/// </summary>
internal sealed class ProviderGenerator(HttpClient http, ProviderEndpoint endpoint, TokenBudget budget, TimeSpan timeout, TimeProvider clock) : IEmbeddingGenerator<string, Embedding<float>>
{
    public int Calls { get; private set; }

    public int Retried { get; private set; }

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        string[] texts = [.. values];
        long most = texts.Sum(TokenBudget.MostTokens);
        for (int attempt = 1; ; attempt++)
        {
            budget.ThrowUnlessLeft(most);
            Calls++;
            var (response, failure) = await TryAsync(texts, most, cancellationToken).ConfigureAwait(false);
            if (response is not null)
            {
                return new([.. response.Vectors.Select(v => new Embedding<float>(v) { ModelId = endpoint.Model })])
                {
                    Usage = response.Tokens is { } tokens ? new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens } : null,
                };
            }

            var pause = Retries.Pause(attempt, failure!.After);
            if (attempt == Retries.Attempts || pause > Retries.LongestPause)
            {
                string why = attempt == Retries.Attempts ? $"after {Retries.Attempts} tries" : string.Create(CultureInfo.InvariantCulture, $"and asks to wait {pause.TotalSeconds:0} s");
                throw new NearfarException($"{Name}: {failure.Message}, {why}. All vectors paid for are kept; run the same command again later.");
            }

            Retried++;
            await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType == typeof(EmbeddingGeneratorMetadata)
        ? new EmbeddingGeneratorMetadata(endpoint.Kind, new Uri(endpoint.Address.GetLeftPart(UriPartial.Path)), endpoint.Model, endpoint.Dimensions)
        : serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
        // The client is the caller's.
    }

    private string Name => $"{endpoint.Kind} {endpoint.Model} at {endpoint.Address.GetLeftPart(UriPartial.Authority)}";

    // A failure that may pass; one that will not is thrown.
    private async Task<(EmbeddingResponse? Response, Failure? Failure)> TryAsync(string[] texts, long most, CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(timeout);
        bool answered = false;
        try
        {
            using var request = endpoint.Request(texts);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limited.Token).ConfigureAwait(false);
            answered = response.IsSuccessStatusCode;
            await response.Content.LoadIntoBufferAsync(http.MaxResponseContentBufferSize, limited.Token).ConfigureAwait(false);     // the client bounds only what it buffers itself
            byte[] body = await response.Content.ReadAsByteArrayAsync(limited.Token).ConfigureAwait(false);
            if (!answered)
            {
                return (null, Refused(response, body));
            }

            var parsed = EmbeddingResponse.Parse(body, endpoint.Kind, texts.Length);
            budget.Spend(parsed.Tokens, most);
            return (parsed, null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            budget.Spend(null, most);       // it may have been worked on, and be charged for
            return (null, new Failure(string.Create(CultureInfo.InvariantCulture, $"no answer within {timeout.TotalSeconds:0.#} s")));
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            if (answered)
            {
                budget.Spend(null, most);
            }

            throw new NearfarException($"{Name}: the answer is larger than {http.MaxResponseContentBufferSize >> 20} MiB, which no batch of {texts.Length} vectors is. Is encoder.endpoint the right address?", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            if (answered)
            {
                budget.Spend(null, most);
            }

            return (null, new Failure(answered ? $"the answer was cut or is no JSON ({FirstSentence(e)})" : $"cannot be reached ({FirstSentence(e)})"));
        }
        catch (NearfarException e)
        {
            if (answered)
            {
                budget.Spend(null, most);
            }

            throw new NearfarException($"{Name}: {endpoint.Redact(e.Message)}{(answered ? ". Nothing of this answer is used." : "")}", e);
        }
    }

    private Failure Refused(HttpResponseMessage response, byte[] body)
    {
        int status = (int)response.StatusCode;
        string said = endpoint.Redact(System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 2000)))).ReplaceLineEndings(" ").Trim();
        string message = $"answered {status} {response.ReasonPhrase}{(said.Length == 0 ? "" : $": {(said.Length > 300 ? said[..300] + "…" : said)}")}";
        return Retries.MayPass(response.StatusCode)
            ? new Failure(message, Retries.After(response, clock))
            : throw new NearfarException(message + status switch
            {
                401 or 403 => ". Is the key in encoder.key_env the right one?",
                404 => ". Are encoder.endpoint and the model or deployment right?",
                _ => ".",
            });
    }

    private string FirstSentence(Exception e) => endpoint.Redact(e.Message.Split(" LineNumber:")[0].TrimEnd('.'));

    private sealed record Failure(string Message, TimeSpan? After = null);
}
