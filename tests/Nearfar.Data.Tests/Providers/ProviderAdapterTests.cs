using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Releases;
using Xunit;

namespace Nearfar.Data.Tests.Providers;

public sealed class ProviderAdapterTests : IDisposable
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private readonly StandInProvider _provider = new();
    private readonly Folder _folder = new();

    public void Dispose()
    {
        _provider.Dispose();
        _folder.Dispose();
    }

    // Questions and pages share no word: the provider's vectors cannot know which belong together; the map learns it.
    private async Task<Workspace> WorkspaceAsync(string encoder)
    {
        string[] topics = ["alpha", "bravo", "delta", "gamma", "kappa", "omega", "sigma", "theta"];
        _folder.Write("corpus.jsonl", string.Join('\n', topics.Select((t, i) => $$"""{"id":"d{{i}}","text":"page{{t}} text{{t}} of the shop"}""")) + "\n");
        string Rows(string set, params string[] words) => string.Join('\n', topics.SelectMany((t, i) => words.Select((w, j) => $$"""{"id":"{{set}}{{i}}{{j}}","query":"{{w}} {{t}}","positive_ids":["d{{i}}"]}"""))) + "\n";
        _folder.Write("train.jsonl", Rows("t", "what about", "tell me", "is there", "my own"));
        _folder.Write("dev.jsonl", Rows("v", "question on"));
        _folder.Write("nearfar.yaml", $"version: 1\ndata: {{corpus: corpus.jsonl, train: train.jsonl, dev: dev.jsonl}}\nencoder: {encoder}\ntrain: {{batch: 8, epochs: 40, rate: 0.1}}\n");
        return await Workspace.OpenAsync(_folder.Path, None);
    }

    private string Encoder => $"{{kind: adapter, from: openai, endpoint: \"{_provider.Root}/v1\", model: words, key_env: NO_KEY_AT_ALL, rank: 8}}";

    private static string? Key(string name) => name == "NO_KEY_AT_ALL" ? "k" : null;

    [Fact]
    public async Task Train_OverAProvider_PaysForEachTextOnceAndReindexesNothing()
    {
        var workspace = await WorkspaceAsync(Encoder);
        var start = workspace.StartOptions();
        Assert.Equal((null, 8), (start.From, start.Adapter?.Rank));
        string run = _folder["out/runs/a"];
        EvalReport before, after;
        using (var frozen = await workspace.OpenBaseAsync(null, Key, None))
        {
            Assert.NotNull(frozen);
            var model = await new TrainingRun(start, workspace.TrainingOptions(), TimeProvider.System).RunAsync(workspace.Train, workspace.Dev, frozen, run, [], cancellationToken: None);
            Assert.Equal(frozen.Space, ((IEncoder)model.Encoder).DocumentSpace);
            Assert.NotEqual(frozen.Space, model.Encoder.Space);
            Assert.Equal(frozen.Space.Id, model.Record.Parent);
            before = await new Evaluator().EvaluateAsync(frozen, workspace.Dev, None);
            after = await new Evaluator().EvaluateAsync(model.Encoder, workspace.Dev, None);
            Assert.Equal(model.Encoder.Space, after.Space);
        }

        Assert.True(after.Metrics["mrr@10"].Mean > before.Metrics["mrr@10"].Mean + 0.2, $"{before.Metrics["mrr@10"].Mean} to {after.Metrics["mrr@10"].Mean}");
        var sent = _provider.Requests.Skip(1).SelectMany(r => r.Texts).ToList();       // the first asks for the probes
        Assert.Equal(sent.Count, sent.Distinct(StringComparer.Ordinal).Count());

        // Loaded again it needs its provider, which sends nothing new; another run of the same inputs is read back.
        Assert.Contains("encoder: {kind: adapter", Assert.Throws<NearfarException>(() => TrainedModel.Load(run)).Message, StringComparison.Ordinal);
        using var again = await workspace.OpenBaseAsync(null, Key, None);
        Assert.Equal(after.Space, TrainedModel.Load(run, again).Encoder.Space);
        Assert.Equal(after.Metrics["mrr@10"].Mean, (await new Evaluator().EvaluateAsync(TrainedModel.Load(run, again).Encoder, workspace.Dev, None)).Metrics["mrr@10"].Mean);
        Assert.Equal(sent.Count, _provider.Requests.SelectMany(r => r.Texts).Count() - (2 * 8));
    }

    [Theory]
    [InlineData("{kind: adapter}", "needs from")]
    [InlineData("{kind: static, rank: 4}", "is an adapter's")]
    [InlineData("{kind: adapter, from: openai}", "needs model")]
    [InlineData("{kind: adapter, from: openai, model: m, idf_power: 1}", "the provider's model decides")]
    [InlineData("{kind: adapter, from: folder, grams: {min: 3}}", "leaves the frozen encoder as it is")]
    [InlineData("{kind: adapter, from: folder, lead: {tokens: 3}}", "leaves the frozen encoder as it is")]
    [InlineData("{kind: openai, model: m, lead: {tokens: 3}}", "the provider's model decides")]
    [InlineData("{kind: static, lead: {tokens: 0}}", "tokens")]
    [InlineData("{kind: static, lead: {weight: 1}}", "weight")]
    [InlineData("{kind: static, lead: {lines: 1}}", "lines")]
    [InlineData("{kind: static, lead: {of: titel}}", "did you mean \"title\"")]
    [InlineData("{kind: adapter, from: folder, lead: {of: title}}", "leaves the frozen encoder as it is")]
    [InlineData("{kind: adapter, from: folder, model: m}", "only openai, azure and ollama")]
    public async Task Workspace_ImpossibleAdapter_NamesTheKey(string encoder, string problem) =>
        Assert.Contains(problem, (await Assert.ThrowsAsync<NearfarException>(() => WorkspaceAsync(encoder))).Message, StringComparison.Ordinal);
}
