using Xunit;

namespace Nearfar.Data.Tests;

public sealed class EndpointReaderTests
{
    private static async Task<EndpointSettings?> ReadAsync(Folder folder, string section)
    {
        folder.Write("nearfar.yaml", "version: 1\n" + section);
        return (await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken)).Options.Endpoint;
    }

    [Fact]
    public async Task Read_EveryKey_AndWhatIsLeftOut()
    {
        using var folder = new Folder();
        Assert.Null(await ReadAsync(folder, ""));
        var plain = (await ReadAsync(folder, "endpoint: {url: \"https://host/search\"}"))!;
        Assert.Equal(("results[].id", null, 100, 4, 30.0, null), (plain.Ids, plain.Scores, plain.Top, plain.Parallel, plain.TimeoutSeconds, plain.Label));
        Assert.Equal((null, null, 0), (plain.Method, plain.Body, plain.Headers.Count));
        var full = (await ReadAsync(folder, """
            endpoint:
              url: https://host/{k}/search
              method: POST
              body: '{"q": {"text": "find {query}"}, "size": {k}}'
              headers: {Authorization: "Bearer ${NEARFAR_SURELY_UNSET}"}
              ids: hits.hits[]._id
              scores: hits.hits[]._score
              top: 50
              parallel: 8
              timeout_seconds: 2.5
              label: shop search
            """))!;
        Assert.Equal(("POST", """{"q": {"text": "find {query}"}, "size": {k}}""", "hits.hits[]._id", "hits.hits[]._score", 50, 8, 2.5, "shop search"),
            (full.Method, full.Body, full.Ids, full.Scores, full.Top, full.Parallel, full.TimeoutSeconds, full.Label));
        Assert.Equal("Bearer ${NEARFAR_SURELY_UNSET}", full.Headers["authorization"]);      // read when the service is asked
    }

    [Fact]
    public async Task Read_ManyMistakes_AreAllToldWithLineAndColumn()
    {
        using var folder = new Folder();
        string message = (await Assert.ThrowsAsync<NearfarException>(() => ReadAsync(folder, """
            endpoint:
              url: https://me:word@host/search
              method: PUT
              body: '{"q": {query}}'
              headers: {Content-Length: "5", X-A: [1]}
              ids: results.id
              top: 0
              parallel: many
              timeout: 5
            """))).Message;
        string at = folder["nearfar.yaml"];
        Assert.All([$"{at}:3:8: endpoint.url: holds a user", $"{at}:4:11: endpoint.method: unknown value \"PUT\"", $"{at}:5:9: endpoint.body: is no JSON", $"{at}:6:12: endpoint.headers: \"Content-Length\" is no header",
            $"{at}:6:39: endpoint.headers.X-A: wanted a text", $"{at}:7:8: endpoint.ids: \"results.id\" is no path", $"{at}:8:8: endpoint.top: wanted a whole number", $"{at}:9:13: endpoint.parallel", $"{at}:10:3: endpoint: unknown key \"timeout\"; valid are url, method"],
            part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.DoesNotContain("me:word", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ids: \"a[]\"}", "endpoint.url: wanted a web address")]
    [InlineData("{url: search}", "endpoint.url: wanted a web address")]
    [InlineData("{url: \"https://{query}.host/x\"}", "host that depends on the question")]
    [InlineData("{url: \"https://host/x#{query}\"}", "behind #")]
    [InlineData("{url: \"https://host/x\", method: GET}", "holds no {query}")]
    [InlineData("{url: \"https://host/x?q={query}\", body: '{}'}", "belongs to a POST")]
    [InlineData("{url: \"https://host/x\", body: '{\"k\": {k}}'}", "the question would never be sent")]
    [InlineData("{url: \"https://host/x\", body: '{\"q\": \"{query}\"'}", "is no JSON")]
    [InlineData("{url: \"https://host/x?q={query}\", headers: {Content-Type: text/plain}}", "no header that a GET may have")]
    [InlineData("{url: \"https://host/x\", headers: {X-A: a, x-a: b}}", "stands twice")]
    public async Task Read_WhatCouldNeverAsk_IsRefused(string section, string wanted)
    {
        using var folder = new Folder();
        Assert.Contains(wanted, (await Assert.ThrowsAsync<NearfarException>(() => ReadAsync(folder, "endpoint: " + section))).Message, StringComparison.Ordinal);
    }
}
