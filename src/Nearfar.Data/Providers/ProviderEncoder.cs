using Microsoft.Extensions.AI;
using Nearfar.Encoding;
using Nearfar.Vectors;

namespace Nearfar.Data.Providers;

/// <summary>An encoder behind an API (OpenAI, Azure OpenAI, Ollama, and servers that speak as they do): evaluated and gated like one of our own, not trained.</summary>
/// <remarks>
/// Calls are batched, retried and cached by (space, text): a text is paid for once, also over a crash. A budget refuses the call that could
/// exceed it. The key comes from an environment variable and stands in no file and no message. Not thread-safe.
/// </remarks>
public sealed class ProviderEncoder : IEncoder, IDisposable
{
    private readonly HttpClient _http;
    private readonly ProviderGenerator _provider;
    private readonly EmbeddingCache _cache;
    private readonly CachedGenerator _cached;
    private readonly TokenBudget _budget;
    private readonly GeneratorEncoder _encoder;

    private ProviderEncoder(HttpClient http, ProviderGenerator provider, EmbeddingCache cache, TokenBudget budget, EncoderSettings settings, EmbeddingSpace space)
    {
        _http = http;
        _provider = provider;
        _cache = cache;
        _budget = budget;
        _cached = new CachedGenerator(provider, cache, budget, settings);
        _encoder = new GeneratorEncoder(
            new PromptedGenerator(_cached, settings.QueryPrompt ?? ""), new PromptedGenerator(_cached, settings.DocumentPrompt ?? ""), space, cache.Dimensions, batch: 4096);
    }

    /// <inheritdoc />
    public EmbeddingSpace Space => _encoder.Space;

    /// <inheritdoc />
    public int Dimensions => _encoder.Dimensions;

    /// <inheritdoc />
    public IEmbeddingGenerator<string, Embedding<float>> Queries => _encoder.Queries;

    /// <inheritdoc />
    public IEmbeddingGenerator<string, Embedding<float>> Documents => _encoder.Documents;

    /// <summary>What was asked and spent since it was opened.</summary>
    public ProviderUsage Usage => new(_provider.Calls, _provider.Retried, _cached.Sent + ProviderSpace.Probes.Count, _cached.FromCache, _budget.Spent, _budget.Estimated, _budget.Cost);

    /// <summary>Whether an encoder kind lives behind an API.</summary>
    /// <param name="kind">As the workspace names it.</param>
    public static bool IsProvider(string kind) => kind is "openai" or "azure" or "ollama";

    /// <summary>Opens an encoder: one call embeds the eight probes that tell which space it is, then the space's cache is read.</summary>
    /// <param name="settings">Section <c>encoder</c> of the workspace.</param>
    /// <param name="cacheFolder">Holds the caches of all spaces, a file each.</param>
    /// <param name="environment">Reads the variable that holds the key. Null: that of the process.</param>
    /// <param name="clock">Paces retries. Null: the system's.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="NearfarException">No such kind, no key, an address that is none, or a provider that fails.</exception>
    public static async Task<ProviderEncoder> OpenAsync(
        EncoderSettings settings, string cacheFolder, Func<string, string?>? environment = null, TimeProvider? clock = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentException.ThrowIfNullOrWhiteSpace(cacheFolder);
        if (!IsProvider(settings.Kind))
        {
            throw new NearfarException($"encoder kind \"{settings.Kind}\" is no provider; wanted openai, azure or ollama.");
        }

        var endpoint = ProviderEndpoint.Of(settings, environment ?? Environment.GetEnvironmentVariable);
        var budget = new TokenBudget(settings.Budget);
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = Timeout.InfiniteTimeSpan,                 // each try has its own
            MaxResponseContentBufferSize = 512 << 20,
        };
        EmbeddingCache? cache = null;
        try
        {
            var provider = new ProviderGenerator(http, endpoint, budget, TimeSpan.FromSeconds(settings.TimeoutSeconds ?? 60), clock ?? TimeProvider.System);
            var probes = await ProbeAsync(provider, settings, cancellationToken).ConfigureAwait(false);
            var space = ProviderSpace.Identify(cacheFolder, settings, probes);
            cache = EmbeddingCache.Open(Path.Combine(cacheFolder, $"{space.Id}.cache"), space, probes.Dimensions);
            return new ProviderEncoder(http, provider, cache, budget, settings, space);
        }
        catch       // whatever it was, cancellation too, goes on to the caller; nobody else could close these
        {
            cache?.Dispose();
            http.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public ValueTask EncodeAsync(IReadOnlyList<string> texts, TextRole role, Memory<float> into, CancellationToken cancellationToken = default) =>
        _encoder.EncodeAsync(texts, role, into, cancellationToken);

    /// <summary>Closes the connection and the cache.</summary>
    public void Dispose()
    {
        _cache.Dispose();
        _http.Dispose();
    }

    private static async Task<Rows<float>> ProbeAsync(ProviderGenerator provider, EncoderSettings settings, CancellationToken cancellationToken)
    {
        var answer = await provider.GenerateAsync(ProviderSpace.Probes, cancellationToken: cancellationToken).ConfigureAwait(false);
        int dimensions = answer[0].Vector.Length;
        if (settings.Dimensions is { } wanted && wanted != dimensions)
        {
            throw new NearfarException($"{settings.Kind} {settings.Model ?? settings.Deployment} gives vectors of {dimensions} values; encoder.dimensions asks for {wanted}. This model cannot shorten them: remove dimensions, or write {dimensions}.");
        }

        var rows = Rows.Allocate<float>(answer.Count, dimensions);
        for (int i = 0; i < rows.Count; i++)
        {
            double length = Math.Sqrt(answer[i].Vector.ToArray().Sum(v => (double)v * v));
            for (int d = 0; d < dimensions; d++)
            {
                rows[i][d] = (float)(answer[i].Vector.Span[d] / length);
            }
        }

        return rows;
    }
}
