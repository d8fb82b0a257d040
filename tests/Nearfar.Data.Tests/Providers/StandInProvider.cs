using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace Nearfar.Data.Tests.Providers;

/// <summary>
/// A provider on this machine: speaks as OpenAI, Azure OpenAI and Ollama do. Its vectors count hashed words, so that texts which share words
/// are near.
/// </summary>
internal sealed class StandInProvider : StandInServer
{
    /// <summary>One request as it came.</summary>
    public sealed record Request(string Path, string Headers, string Model, IReadOnlyList<string> Texts, JsonElement Body);

    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>Bends the numbers of every vector.</summary>
    public Func<string, float[], float[]> Bend { get; set; } = (_, vector) => vector;

    public int Dimensions { get; set; } = 64;

    /// <summary>Behaves well for the first requests, such as the probes, then as told.</summary>
    public StandInProvider After(int good, params Func<Answer, Answer>[] then)
    {
        foreach (var answer in Enumerable.Repeat<Func<Answer, Answer>>(a => a, good).Concat(then))
        {
            Next.Enqueue(answer);
        }

        return this;
    }

    protected override Answer AnswerTo(string head, byte[] body)
    {
        var json = JsonDocument.Parse(body).RootElement;
        string path = head.Split(' ')[1];
        string model = json.GetProperty("model").GetString()!;
        string[] texts = [.. json.GetProperty("input").EnumerateArray().Select(t => t.GetString()!)];
        Requests.Enqueue(new Request(path, head, model, texts, json));
        int dimensions = json.TryGetProperty("dimensions", out var wanted) ? wanted.GetInt32() : Dimensions;
        string[] vectors = [.. texts.Select(t => "[" + string.Join(",", Bend(t, Vector(t, model, dimensions)).Select(v => v.ToString("R", CultureInfo.InvariantCulture))) + "]")];
        long tokens = texts.Sum(t => (long)t.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
        return new Answer(200, "", path.StartsWith("/api/embed", StringComparison.Ordinal)
            ? $"{{\"model\":\"{model}\",\"embeddings\":[{string.Join(",", vectors)}],\"prompt_eval_count\":{tokens}}}"
            : $"{{\"object\":\"list\",\"data\":[{string.Join(",", vectors.Select((v, i) => $"{{\"object\":\"embedding\",\"index\":{i},\"embedding\":{v}}}"))}],\"usage\":{{\"prompt_tokens\":{tokens},\"total_tokens\":{tokens}}}}}");
    }

    // A model named "crude" hears only the first letters of a word; words then run into one another.
    private static float[] Vector(string text, string model, int dimensions)
    {
        float[] vector = new float[dimensions];
        vector[0] = 0.1f;
        foreach (string word in text.ToLowerInvariant().Split([' ', '?', '.', ',', '!', ':'], StringSplitOptions.RemoveEmptyEntries))
        {
            uint hash = 2166136261;
            foreach (char c in model.Contains("crude", StringComparison.Ordinal) ? word[..1] : word)
            {
                hash = (hash ^ c) * 16777619;
            }

            vector[(hash ^ (hash >> 15)) % (uint)dimensions] += 1;
        }

        float length = MathF.Sqrt(vector.Sum(v => v * v));
        return [.. vector.Select(v => v / length)];
    }
}
