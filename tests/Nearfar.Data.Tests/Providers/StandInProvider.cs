using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Nearfar.Data.Tests.Providers;

/// <summary>
/// A provider on this machine, over real HTTP: speaks as OpenAI, Azure OpenAI and Ollama do, and misbehaves as told. Its vectors count
/// hashed words, so that texts which share words are near.
/// </summary>
internal sealed class StandInProvider : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();

    public StandInProvider()
    {
        _listener.Start();
        Root = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _ = AcceptAsync();
    }

    /// <summary>What an answer is turned into: status, further headers, body, bytes of the body that are really sent, and whether it hangs.</summary>
    public sealed record Answer(int Status, string Headers, string Body, int? Sent = null, bool Hangs = false);

    /// <summary>One request as it came.</summary>
    public sealed record Request(string Path, string Headers, string Model, IReadOnlyList<string> Texts, JsonElement Body);

    public string Root { get; }

    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>Misbehaviours of the next requests, one each; afterwards it behaves.</summary>
    public ConcurrentQueue<Func<Answer, Answer>> Next { get; } = new();

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

    public static Answer Fails(Answer _) => new(500, "", "{\"error\":{\"message\":\"overloaded\"}}");

    public static Answer Throttles(Answer _) => new(429, "Retry-After: 7\r\n", "{\"error\":{\"message\":\"rate limit\"}}");

    public static Answer Truncates(Answer good) => good with { Sent = good.Body.Length / 2 };

    public static Answer Hangs(Answer good) => good with { Hangs = true };

    public static Func<Answer, Answer> Says(string from, string to) => good => good with { Body = good.Body.Replace(from, to, StringComparison.Ordinal) };

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // the test is over
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                var (head, body) = await ReadAsync(stream);
                var answer = AnswerTo(head, body);
                answer = Next.TryDequeue(out var bend) ? bend(answer) : answer;
                if (answer.Hangs)
                {
                    await Task.Delay(Timeout.Infinite, _stop.Token);
                }

                byte[] bytes = System.Text.Encoding.UTF8.GetBytes(answer.Body);
                string lines = $"HTTP/1.1 {answer.Status} Said\r\nContent-Type: application/json\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n{answer.Headers}\r\n";
                await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(lines), _stop.Token);
                await stream.WriteAsync(bytes.AsMemory(0, answer.Sent ?? bytes.Length), _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or IOException or SocketException)
        {
            // the caller hung up, or the test is over
        }
    }

    private async Task<(string Head, byte[] Body)> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, _stop.Token) > 0)
        {
            head.Append((char)one[0]);
        }

        string length = head.ToString().Split("\r\n").Single(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)).Split(':')[1];
        byte[] body = new byte[int.Parse(length, CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return (head.ToString(), body);
    }

    private Answer AnswerTo(string head, byte[] body)
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
