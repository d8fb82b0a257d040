using Microsoft.Extensions.AI;

namespace Nearfar.Data.Providers;

/// <summary>Asks the provider only for texts that the cache lacks, in calls of bounded size; each answer is on disk before the next call is made.</summary>
internal sealed class CachedGenerator(ProviderGenerator provider, EmbeddingCache cache, TokenBudget budget, EncoderSettings settings) : DelegatingEmbeddingGenerator<string, Embedding<float>>(provider)
{
    private const int Texts = 128;
    private const int Tokens = 100_000;          // by upper bound; providers take 300,000 a call and more

    public int FromCache { get; private set; }

    public int Sent { get; private set; }

    public override async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        string[] texts = [.. values];
        var vectors = new Dictionary<string, float[]>(StringComparer.Ordinal);
        var missing = new Queue<string>();
        foreach (string text in texts.Distinct(StringComparer.Ordinal))
        {
            float[] vector = new float[cache.Dimensions];
            if (cache.TryGet(text, vector))
            {
                vectors[text] = vector;
                FromCache++;
            }
            else
            {
                missing.Enqueue(text);
            }
        }

        while (missing.Count > 0)
        {
            string[] call = Take(missing);
            var answer = await base.GenerateAsync(call, options, cancellationToken).ConfigureAwait(false);
            if (answer[0].Vector.Length != cache.Dimensions)
            {
                throw new NearfarException($"{settings.Kind} gave vectors of {answer[0].Vector.Length} values; this model gave {cache.Dimensions} before. Nothing of this answer is used.");
            }

            cache.Add([.. call.Zip(answer, (text, v) => (text, v.Vector))]);
            Sent += call.Length;
            foreach (var (text, vector) in call.Zip(answer))
            {
                vectors[text] = vector.Vector.ToArray();
            }
        }

        return [.. texts.Select(t => new Embedding<float>(vectors[t]))];
    }

    // As many texts as a call and the rest of the budget allow; at least one, which the budget then refuses by itself.
    private string[] Take(Queue<string> missing)
    {
        long room = Math.Min(settings.BatchTokens ?? Tokens, budget.Left);
        var call = new List<string> { missing.Dequeue() };
        room -= TokenBudget.MostTokens(call[0]);
        while (call.Count < (settings.Batch ?? Texts) && missing.TryPeek(out string? next) && TokenBudget.MostTokens(next) <= room)
        {
            room -= TokenBudget.MostTokens(next);
            call.Add(missing.Dequeue());
        }

        return [.. call];
    }
}
