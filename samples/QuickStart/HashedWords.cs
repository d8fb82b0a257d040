using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.Extensions.AI;

namespace QuickStart;

/// <summary>A stand-in for a provider's encoder: each word adds 1 to the dimension that its hash names. Learns nothing, knows every word.</summary>
/// <param name="dimensions">Length of a vector, above 0.</param>
internal sealed class HashedWords(int dimensions) : IEmbeddingGenerator<string, Embedding<float>>
{
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(text => new Embedding<float>(Count(text)))));

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    private float[] Count(string text)
    {
        var vector = new float[dimensions];
        string lower = text.ToLowerInvariant();
        for (int begin = 0, end = 0; begin < lower.Length; begin = end)
        {
            do
            {
                end++;
            }
            while (end < lower.Length && char.IsLetterOrDigit(lower[end]) && char.IsLetterOrDigit(lower[end - 1]));

            var word = lower.AsSpan(begin, end - begin);
            if (!word.IsWhiteSpace())
            {
                vector[XxHash32.HashToUInt32(MemoryMarshal.AsBytes(word)) % (uint)dimensions]++;
            }
        }

        return vector;
    }
}
