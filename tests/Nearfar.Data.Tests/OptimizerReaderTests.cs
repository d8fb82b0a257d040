using Nearfar.Training.Optimization;
using Xunit;

namespace Nearfar.Data.Tests;

public class OptimizerReaderTests
{
    private static async Task<Workspace> OpenAsync(Folder folder, string optimizer)
    {
        folder.Write("nearfar.yaml", $"version: 1\ndata: {{corpus: corpus.jsonl}}\ntrain: {{optimizer: {optimizer}}}\n");
        return await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task TrainingOptions_Optimizer_IsWhatTheFileSays()
    {
        using var folder = new Folder();
        Assert.Equal(new OptimizerOptions { Kind = OptimizerKind.Adagrad }, (await OpenAsync(folder, "adagrad")).TrainingOptions().Optimizer);
        Assert.Equal(new OptimizerOptions { Kind = OptimizerKind.AdamW, Beta1 = 0.8, Beta2 = 0.99, Epsilon = 1e-6, WeightDecay = 0.2, ClipNorm = 3, Dense = true, State = StateFormat.BFloat16, RateFactor = 10 },
            (await OpenAsync(folder, "{name: adamw, beta1: 0.8, beta2: 0.99, epsilon: 1e-6, weight_decay: 0.2, clip_norm: 3, dense: true, state: bfloat16, rate_factor: 10}")).TrainingOptions().Optimizer);
        Assert.Equal(new OptimizerOptions { Kind = OptimizerKind.Sgd, Momentum = 0 }, (await OpenAsync(folder, "{name: sgd, momentum: 0}")).TrainingOptions().Optimizer);
    }

    [Theory]
    [InlineData("adagrat", "adagrad")]
    [InlineData("{name: sgd, beta1: 0.5}", "is no option of sgd")]
    [InlineData("{name: adam, weight_decay: 0.5}", "is no option of adam")]
    [InlineData("{name: adamw, beta2: 1}", "must be below 1")]
    [InlineData("{name: adamw, clipnorm: 1}", "clip_norm")]
    public async Task Workspace_UnsoundOptimizer_NamesTheKey(string optimizer, string problem)
    {
        using var folder = new Folder();
        Assert.Contains(problem, (await Assert.ThrowsAsync<NearfarException>(() => OpenAsync(folder, optimizer))).Message, StringComparison.Ordinal);
    }
}
