using Nearfar.Data.Hub;
using Nearfar.Data.Tests.Providers;
using Xunit;

namespace Nearfar.Data.Tests.Hub;

public sealed class HubModelsTests : IDisposable
{
    private readonly StandInHub _hub = new();
    private readonly Folder _folder = new();
    private readonly HttpClient _http;
    private readonly HubReference _model = HubReference.Parse("hf:own/model@v1")!;

    public HubModelsTests()
    {
        _http = new HttpClient { BaseAddress = new Uri(_hub.Root) };
        _hub.Files["model.safetensors"] = [.. Enumerable.Range(0, 50_000).Select(i => (byte)(i * 7))];
        _hub.Files["tokenizer.json"] = "{}"u8.ToArray();
        _hub.Files["0_StaticEmbedding/model.safetensors"] = [1, 2, 3];
        _hub.Files["pytorch_model.bin"] = [9];
        _hub.Files["../evil/model.safetensors"] = [9];
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private HubModels Models => new(_http, _folder["models"], _folder["nearfar.lock.json"], new InstantClock());

    public void Dispose()
    {
        _http.Dispose();
        _hub.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task FetchAsync_FirstTime_TakesWhatAStaticModelIsMadeOfAndPinsIt()
    {
        string folder = await Models.FetchAsync(_model, cancellationToken: Token);
        Assert.Equal(_hub.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(Path.Combine(folder, "0_StaticEmbedding", "model.safetensors")));
        Assert.False(File.Exists(Path.Combine(folder, "pytorch_model.bin")));
        Assert.DoesNotContain(_hub.Requests, r => r.Contains("evil", StringComparison.Ordinal));
        string locked = File.ReadAllText(_folder["nearfar.lock.json"]);
        Assert.Contains("hf:own/model@v1", locked, StringComparison.Ordinal);
        Assert.Contains(StandInHub.Commit, locked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FetchAsync_SecondTime_AsksNobody()
    {
        string folder = await Models.FetchAsync(_model, cancellationToken: Token);
        int requests = _hub.Requests.Count;
        Assert.Equal(folder, await Models.FetchAsync(_model, cancellationToken: Token));
        Assert.Equal(folder, Models.Find(_model));
        Assert.Equal(requests, _hub.Requests.Count);
    }

    [Fact]
    public async Task FetchAsync_DownloadIsCut_GoesOnWhereItStopped()
    {
        _hub.Cuts.Enqueue(3);           // the first file, whole
        _hub.Cuts.Enqueue(20_000);
        string folder = await Models.FetchAsync(_model, cancellationToken: Token);
        Assert.Equal(_hub.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
        string resumed = Assert.Single(_hub.Requests, r => r.Contains("bytes=", StringComparison.Ordinal));
        Assert.EndsWith("model.safetensors bytes=20000-", resumed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FetchAsync_HubWithoutRanges_StartsTheFileAgain()
    {
        _hub.KnowsRanges = false;
        _hub.Cuts.Enqueue(3);
        _hub.Cuts.Enqueue(20_000);
        string folder = await Models.FetchAsync(_model, cancellationToken: Token);
        Assert.Equal(_hub.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
    }

    [Fact]
    public async Task FetchAsync_HubFailsForAWhile_IsAskedAgainAndThenGivenUp()
    {
        _hub.Failures.Enqueue(503);
        _hub.Failures.Enqueue(429);
        await Models.FetchAsync(_model, cancellationToken: Token);
        foreach (int status in Enumerable.Repeat(500, 6))
        {
            _hub.Failures.Enqueue(status);
        }

        var e = await Assert.ThrowsAsync<NearfarException>(() => Models.FetchAsync(HubReference.Parse("hf:own/model")!, cancellationToken: Token));
        Assert.Contains("after 6 tries: the hub answered 500", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FetchAsync_OtherBytesThanPinned_AreRefusedAndThePinStays()
    {
        string folder = await Models.FetchAsync(_model, cancellationToken: Token);
        string locked = File.ReadAllText(_folder["nearfar.lock.json"]);
        File.Delete(Path.Combine(folder, "model.safetensors"));
        _hub.Files["model.safetensors"][7] ^= 1;
        var e = await Assert.ThrowsAsync<NearfarException>(() => Models.FetchAsync(_model, cancellationToken: Token));
        Assert.Contains("pinned is", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder, "model.safetensors")));
        Assert.Equal(locked, File.ReadAllText(_folder["nearfar.lock.json"]));
    }

    [Fact]
    public async Task FetchAsync_RevisionMovedOn_StaysAtThePinnedCommit()
    {
        string folder = await Models.FetchAsync(_model, cancellationToken: Token);
        _hub.Revision = new string('f', 40);
        Directory.Delete(folder, recursive: true);
        Assert.Equal(folder, await Models.FetchAsync(_model, cancellationToken: Token));
    }

    [Theory]
    [InlineData(404, "revision after @")]
    [InlineData(401, "HF_TOKEN")]
    public async Task FetchAsync_HubRefuses_SaysWhatToDo(int status, string part)
    {
        _hub.Failures.Enqueue(status);
        Assert.Contains(part, (await Assert.ThrowsAsync<NearfarException>(() => Models.FetchAsync(_model, cancellationToken: Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FetchAsync_NoStaticModelOrNoCommit_IsRefused()
    {
        _hub.Revision = "main";
        Assert.Contains("names no commit", (await Assert.ThrowsAsync<NearfarException>(() => Models.FetchAsync(_model, cancellationToken: Token))).Message, StringComparison.Ordinal);
        _hub.Revision = StandInHub.Commit;
        _hub.Files.TryRemove("tokenizer.json", out _);
        Assert.Contains("no model.safetensors with a tokenizer.json", (await Assert.ThrowsAsync<NearfarException>(() => Models.FetchAsync(_model, cancellationToken: Token))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hf:own/model", "hf:own/model@main")]
    [InlineData("hf:own/model@refs/pr/1", "hf:own/model@refs/pr/1")]
    [InlineData("hf:own", null)]
    [InlineData("hf:own/model@", null)]
    [InlineData("hf:own/../model", null)]
    [InlineData("hf:own/model@a..b", null)]
    [InlineData("hf:own/model/more", null)]
    public void Parse_Forms(string text, string? read) => Assert.Equal(read, HubReference.Parse(text)?.ToString());

    [Fact]
    public async Task StartOptions_HubModelThatIsNotHere_NamesTheCommand()
    {
        _folder.Write("corpus.jsonl", """{"id": "d", "text": "t"}""");
        _folder.Write("nearfar.yaml", "version: 1\ndata: {corpus: corpus.jsonl}\nencoder: {from: hf:own/model@v1}\n");
        var workspace = await Workspace.OpenAsync(_folder.Path, Token);
        Assert.Contains("is not here yet", Assert.Throws<NearfarException>(() => workspace.StartOptions()).Message, StringComparison.Ordinal);
        _folder.Write("nearfar.yaml", "version: 1\ndata: {corpus: corpus.jsonl}\nencoder: {from: hf:own}\n");
        Assert.Contains("wanted hf:owner/name", (await Assert.ThrowsAsync<NearfarException>(() => Workspace.OpenAsync(_folder.Path, Token))).Message, StringComparison.Ordinal);
    }
}
