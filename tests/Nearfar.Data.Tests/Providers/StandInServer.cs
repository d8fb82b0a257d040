using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Nearfar.Data.Tests.Providers;

/// <summary>A server on this machine, over real HTTP, that answers well and misbehaves as told.</summary>
internal abstract class StandInServer : StandInListener
{
    /// <summary>What an answer is turned into: status, further headers, body, bytes of the body that are really sent, whether it hangs, and the length it claims.</summary>
    public sealed record Answer(int Status, string Headers, string Body, int? Sent = null, bool Hangs = false, long? Claims = null);

    /// <summary>Misbehaviours of the next requests, one each; afterwards it behaves.</summary>
    public ConcurrentQueue<Func<Answer, Answer>> Next { get; } = new();

    public static Answer Fails(Answer _) => new(500, "", "{\"error\":{\"message\":\"overloaded\"}}");

    public static Answer Throttles(Answer _) => new(429, "Retry-After: 7\r\n", "{\"error\":{\"message\":\"rate limit\"}}");

    public static Answer Truncates(Answer good) => good with { Sent = good.Body.Length / 2 };

    public static Answer Hangs(Answer good) => good with { Hangs = true };

    public static Func<Answer, Answer> Says(string from, string to) => good => good with { Body = good.Body.Replace(from, to, StringComparison.Ordinal) };

    /// <summary>The answer of a server that behaves.</summary>
    /// <param name="head">Request line and headers as they came.</param>
    /// <param name="body">What was sent with it; empty for a GET.</param>
    protected abstract Answer AnswerTo(string head, byte[] body);

    protected override async Task ServeAsync(TcpClient client, CancellationToken stop)
    {
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                var (head, body) = await ReadAsync(stream, stop);
                var answer = AnswerTo(head, body);
                answer = Next.TryDequeue(out var bend) ? bend(answer) : answer;
                if (answer.Hangs)
                {
                    await Task.Delay(Timeout.Infinite, stop);
                }

                byte[] bytes = System.Text.Encoding.UTF8.GetBytes(answer.Body);
                string lines = $"HTTP/1.1 {answer.Status} Said\r\nContent-Type: application/json\r\nContent-Length: {answer.Claims ?? bytes.Length}\r\nConnection: close\r\n{answer.Headers}\r\n";
                await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(lines), stop);
                await stream.WriteAsync(bytes.AsMemory(0, answer.Sent ?? bytes.Length), stop);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or IOException or SocketException)
        {
            // the caller hung up, or the test is over
        }
    }

    private static async Task<(string Head, byte[] Body)> ReadAsync(NetworkStream stream, CancellationToken stop)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, stop) > 0)
        {
            head.Append((char)one[0]);
        }

        string? length = head.ToString().Split("\r\n").SingleOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))?.Split(':')[1];
        byte[] body = new byte[int.Parse(length ?? "0", CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, stop);
        return (head.ToString(), body);
    }
}
