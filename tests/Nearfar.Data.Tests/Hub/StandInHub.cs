using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Nearfar.Data.Tests.Hub;

/// <summary>The hub on this machine, over real HTTP: revisions, files and ranges of them; fails and cuts as told.</summary>
internal sealed partial class StandInHub : StandInListener
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    /// <summary>Files of the one model, by path.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Requests as "PATH" or "PATH bytes=FROM-".</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Bytes after which the next downloads are cut, one each.</summary>
    public ConcurrentQueue<int> Cuts { get; } = new();

    /// <summary>Statuses of the next requests, one each.</summary>
    public ConcurrentQueue<int> Failures { get; } = new();

    public bool KnowsRanges { get; set; } = true;

    public string Revision { get; set; } = Commit;

    protected override async Task ServeAsync(TcpClient client, CancellationToken stop)
    {
        using var own = client;
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, leaveOpen: true);
        string path = Uri.UnescapeDataString((await reader.ReadLineAsync(stop) ?? "").Split(' ')[1]);
        long from = 0;
        while (await reader.ReadLineAsync(stop) is { Length: > 0 } header)
        {
            from = Range().Match(header) is { Success: true } range ? long.Parse(range.Groups[1].Value, CultureInfo.InvariantCulture) : from;
        }

        Requests.Enqueue(from > 0 ? $"{path} bytes={from}-" : path);
        if (Failures.TryDequeue(out int status))
        {
            await SendAsync(stream, status, "", []);
        }
        else if (path.StartsWith("/api/models/own/model/revision/", StringComparison.Ordinal))
        {
            string files = string.Join(',', Files.Keys.Order(StringComparer.Ordinal).Select(f => $$"""{"rfilename": "{{f}}"}"""));
            await SendAsync(stream, 200, "", System.Text.Encoding.UTF8.GetBytes($$"""{"id": "own/model", "sha": "{{Revision}}", "siblings": [{{files}}]}"""));
        }
        else if (path.StartsWith($"/own/model/resolve/{Commit}/", StringComparison.Ordinal) && Files.TryGetValue(path[$"/own/model/resolve/{Commit}/".Length..], out byte[]? bytes))
        {
            bool part = from > 0 && KnowsRanges;
            byte[] body = part ? bytes[(int)from..] : bytes;
            await SendAsync(stream, part ? 206 : 200, part ? $"Content-Range: bytes {from}-{bytes.Length - 1}/{bytes.Length}\r\n" : "", body, Cuts.TryDequeue(out int cut) ? cut : body.Length);
        }
        else
        {
            await SendAsync(stream, 404, "", []);
        }
    }

    private static async Task SendAsync(NetworkStream stream, int status, string headers, byte[] body, int? sent = null)
    {
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 {status} Said\r\nConnection: close\r\nContent-Length: {body.Length}\r\n{headers}\r\n"));
        await stream.WriteAsync(body.AsMemory(0, Math.Min(body.Length, sent ?? body.Length)));
    }

    [GeneratedRegex("^Range: bytes=([0-9]+)-$", RegexOptions.IgnoreCase)]
    private static partial Regex Range();
}
