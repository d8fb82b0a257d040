using Nearfar.Data.Checking;
using Nearfar.Data.Labels;
using Nearfar.Training.Optimization;
using Nearfar.Training.Streaming;
using Xunit;

namespace Nearfar.Data.Tests;

public class StreamReaderTests
{
    private static async Task<Workspace> OpenAsync(Folder folder, string train, string encoder = "{kind: static}", string data = "train: train.jsonl")
    {
        folder.Write("nearfar.yaml", $"version: 1\ndata: {{dev: dev.jsonl, {data}}}\nencoder: {encoder}\ntrain: {train}\n");
        return await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Workspace_Stream_LeavesTheTrainingPairsOnTheDisk()
    {
        using var folder = new Folder();
        folder.Write("train.jsonl", "{\"query\": \"this row is cut off");
        folder.Write("dev.jsonl", "{\"id\": \"d\", \"query\": \"how long\", \"positive_chunk\": \"two days\"}\n");
        var workspace = await OpenAsync(folder, "{batch: 128, stream: {buffer: 2000}}");
        Assert.True(workspace.Streams);
        Assert.Equal(new StreamOptions { Buffer = 2000 }, workspace.TrainingOptions().Stream);
        Assert.Single(workspace.Dev.Queries);       // the bad row is not read
        Assert.EndsWith("train.jsonl", workspace.OpenStream().Sets.Single().Path, StringComparison.Ordinal);
        Assert.Contains("train.stream leaves the training pairs on the disk", Assert.Throws<NearfarException>(() => workspace.Train).Message, StringComparison.Ordinal);
        Assert.Equal(100_000, (await OpenAsync(folder, "{stream: {}}")).TrainingOptions().Stream!.Buffer);
        Assert.False((await OpenAsync(folder, "{batch: 128}")).Streams);
    }

    [Fact]
    public async Task Check_StreamedPairs_FindsBadRowsAndQuestionsOfDevAndGate()
    {
        using var folder = new Folder();
        folder.Write("dev.jsonl", "{\"id\": \"d\", \"query\": \"How long does it take?\", \"positive_chunk\": \"two days\"}\n");
        folder.Write("train.jsonl", "{\"id\": \"a\", \"query\": \"where is it\", \"positive_chunk\": \"here\"}\n{\"id\": \"b\", \"query\": \"how  long does it take?\", \"positive_chunk\": \"a week\"}\n{\"query\": \"cut off\n");
        var report = await WorkspaceCheck.RunAsync(await OpenAsync(folder, "{batch: 128, stream: {buffer: 2000}}"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains(report.Findings, f => f.Rule == "shared-question" && f.Line == 2 && f.Path.EndsWith("train.jsonl", StringComparison.Ordinal));
        Assert.Contains(report.Findings, f => f.Rule == "row" && f.Line == 3);
        Assert.Contains(report.Findings, f => f.Rule == "streamed-set");
        Assert.DoesNotContain(report.Findings, f => f.Rule == "shared-question" && f.Line == 1);
    }

    [Fact]
    public async Task Workspace_SeveralSets_AreOneStreamWithMixBalanceAndLabels()
    {
        using var folder = new Folder();
        folder.Write("a.jsonl", "{\"query\": \"where is it\", \"positive_chunk\": \"here\", \"cohorts\": {\"language\": \"en\"}}\n");
        folder.Write("b.jsonl", "{\"query\": \"wo ist es\", \"positive_chunk\": \"hier\", \"cohorts\": {\"language\": \"de\"}}\n{\"query\": \"how  long does it take?\", \"positive_chunk\": \"a week\"}\n");
        folder.Write("dev.jsonl", "{\"id\": \"d\", \"query\": \"How long does it take?\", \"positive_chunk\": \"two days\"}\n");
        folder.Write("nearfar.yaml", "version: 1\ndata: {dev: dev.jsonl, train: [{name: first, path: a.jsonl}, {name: second, path: b.jsonl}]}\ncohorts: {language: {}}\nencoder: {kind: static}\n"
            + "train: {batch: 128, stream: {buffer: 2000}, mix: temperature, mix_temperature: 3, balance: {attribute: language}, labels: language, batches: label}\n");
        var workspace = await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken);
        Assert.Equal([("first", "a.jsonl"), ("second", "b.jsonl")], workspace.OpenStream().Sets.Select(s => (s.Name, Path.GetFileName(s.Path))));
        Assert.Empty(workspace.TrainingOptions().Problems());
        var report = await WorkspaceCheck.RunAsync(workspace, cancellationToken: TestContext.Current.CancellationToken);
        var finding = Assert.Single(report.Findings, f => f.Rule == "shared-question");
        Assert.Equal(("b.jsonl", 2L), (Path.GetFileName(finding.Path), finding.Line));
    }

    [Fact]
    public async Task LabelPool_WithoutARelease_StartsFromTheStreamsSample()
    {
        using var folder = new Folder();
        folder.Write("corpus.jsonl", "{\"id\": \"refund\", \"text\": \"refunds take two days\"}\n{\"id\": \"ship\", \"text\": \"we ship every morning\"}\n");
        folder.Write("train.jsonl", string.Concat(Enumerable.Range(0, 300).Select(i => $"{{\"id\": \"t{i}\", \"query\": \"refund number {i}\", \"positive_ids\": [\"refund\"]}}\n")));
        folder.Write("dev.jsonl", "{\"id\": \"d\", \"query\": \"how long\", \"positive_ids\": [\"refund\"]}\n");
        folder.Write("traffic.jsonl", "{\"id\": \"q\", \"query\": \"when do you ship refunds\"}\n");
        var workspace = await OpenAsync(folder, "{batch: 128, stream: {buffer: 2000}}", data: "train: train.jsonl, corpus: corpus.jsonl, traffic: traffic.jsonl");
        var pool = await new WorkspaceLabels(workspace, TimeProvider.System).PoolAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((1, true), (pool.Questions, pool.Rows.Count > 0));
    }

    [Theory]
    [InlineData("{stream: {buffer: 10}}", "wanted a whole number from 1024 to 100000000")]
    [InlineData("{stream: {buffers: 10000}}", "buffer")]
    [InlineData("{batch: 512, stream: {buffer: 1024}}", "at least four batches of 512")]
    [InlineData("{batches: hard, stream: {buffer: 100000}}", "Batches is hard, and stream")]
    [InlineData("{batches: answer, stream: {buffer: 100000}}", "Batches is answer, and stream")]
    [InlineData("{preset: best, stream: {buffer: 100000}}", "trains one recipe")]
    [InlineData("{loss: cosent, stream: {buffer: 100000}}", "Loss cosent reads graded pairs")]
    [InlineData("{mix: temperature, stream: {buffer: 100000}}", "mixes data sets, and data.train names one")]
    [InlineData("{stream: {buffer: 100000}}", "encoder kind adapter", "{kind: adapter, from: base}")]
    [InlineData("{stream: {buffer: 100000}}", "reads JSONL", "{kind: static}", "train: train.csv")]
    [InlineData("{batch: 512, stream: {buffer: 4000}}", "wanted at least 4096: four batches of 512 for each of 2 data sets", "{kind: static}", "train: [{name: a, path: a.jsonl}, {name: b, path: b.jsonl}]")]
    [InlineData("{stream: {buffer: 100000}}", "reads JSONL", "{kind: static}", "train: [{name: a, path: a.jsonl}, {name: b, path: b.tsv}]")]
    public async Task Workspace_WhatDoesNotStream_NamesIt(string train, string problem, string encoder = "{kind: static}", string data = "train: train.jsonl")
    {
        using var folder = new Folder();
        Assert.Contains(problem, (await Assert.ThrowsAsync<NearfarException>(() => OpenAsync(folder, train, encoder, data))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TrainingOptions_TokenWeights_AreWhatTheFileSays()
    {
        using var folder = new Folder();
        Assert.Equal(new TokenWeightOptions { Rate = 0.03 }, (await OpenAsync(folder, "{token_weights: {rate: 0.03}}")).TrainingOptions().TokenWeights);
        Assert.Equal(new TokenWeightOptions(), (await OpenAsync(folder, "{token_weights: {}}")).TrainingOptions().TokenWeights);
        Assert.Null((await OpenAsync(folder, "{batch: 64}")).TrainingOptions().TokenWeights);
        Assert.Contains("adam or adagrad", (await Assert.ThrowsAsync<NearfarException>(() => OpenAsync(folder, "{optimizer: sgd, token_weights: {}}"))).Message, StringComparison.Ordinal);
        Assert.Contains("static encoder", (await Assert.ThrowsAsync<NearfarException>(() => OpenAsync(folder, "{token_weights: {}}", "{kind: adapter, from: base}"))).Message, StringComparison.Ordinal);
    }
}
