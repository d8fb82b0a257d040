using System.Diagnostics;
using System.Globalization;
using Nearfar.Mining;
using Nearfar.Tests.Training.Streaming;
using Nearfar.Training;
using Nearfar.Training.Sampling;
using Nearfar.Training.Streaming;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training;

/// <summary>This test program as a child process that trains one fixed run: to be killed, or run on another instruction set.</summary>
public class TrainingHost
{
    private const string FolderVariable = "NEARFAR_TRAINING_HOST_FOLDER";

    /// <summary>Names the file whose pairs are streamed; unset: a smaller task is trained on in memory.</summary>
    internal const string StreamVariable = "NEARFAR_TRAINING_HOST_STREAM";

    /// <summary>Names the folder of several data sets that are streamed, with balance and labels.</summary>
    internal const string SetsVariable = "NEARFAR_TRAINING_HOST_SETS";

    private const string EpochsVariable = "NEARFAR_TRAINING_HOST_EPOCHS";

    /// <summary>Set in the child's environment: it mines beside its training.</summary>
    internal const string MiningVariable = "NEARFAR_TRAINING_HOST_MINING";

    private static readonly TrainingOptions Options = new() { Batch = 16, Rate = 0.05, Threads = 2, CheckpointSteps = 3, EvaluationsPerEpoch = 2 };

    [Fact(Explicit = true)]
    public async Task Train()
    {
        string? path = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(path is null, $"{FolderVariable} is not set: other tests start this one in a process of its own");
        bool mines = Environment.GetEnvironmentVariable(MiningVariable) is not null;
        var options = Options with { Epochs = int.Parse(Environment.GetEnvironmentVariable(EpochsVariable)!, CultureInfo.InvariantCulture), Mining = mines ? new MiningSchedule { Every = 25, Asynchronous = true } : null };
        var result = Environment.GetEnvironmentVariable(SetsVariable) is { } sets ? await SetsAsync(options, sets, path!)
            : Environment.GetEnvironmentVariable(StreamVariable) is null ? await HeldAsync(options, path!) : await StreamedAsync(options, path!);
        await File.WriteAllTextAsync(Path.Combine(path!, "kernels"), KernelSets.Best.ToString(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(path!, "model.sha256"), TrainerTests.HashOf(result.Encoder, path!), TestContext.Current.CancellationToken);
    }

    private static async Task<TrainingResult<StaticTrainableEncoder>> HeldAsync(TrainingOptions options, string path)
    {
        var task = new ToyTask(topics: 40, pairs: 200, hardNegatives: 2);
        var trainer = new Trainer(options) { Negatives = options.Mining is null ? null : new IteratedMining(new MiningOptions { Depth = 20 }, [], null) };
        return await trainer.TrainAsync(task.Set, task.Start, task, path, resume: true, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static async Task<TrainingResult<StaticTrainableEncoder>> StreamedAsync(TrainingOptions options, string path)
    {
        var task = new ToyTask(topics: 40, pairs: 3000, hardNegatives: 2);
        return await new Trainer(options with { Stream = new StreamOptions { Buffer = 1024 } })
            .TrainAsync(task.Streamed(Environment.GetEnvironmentVariable(StreamVariable)!), task.Start, task, path, resume: true, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static async Task<TrainingResult<StaticTrainableEncoder>> SetsAsync(TrainingOptions options, string sets, string path)
    {
        var task = new SetsTask(sets, pairs: 3000);
        var wanted = options with { Stream = new StreamOptions { Buffer = 1024 }, Loss = "supcon", Labels = "intent", Mix = MixRule.Temperature, Balance = new BalanceOptions("language", 1, 3) };
        return await new Trainer(wanted) { Cohorts = SetsTask.Cohorts }.TrainAsync(task.Stream, task.Task.Start, task.Task, path, resume: true, cancellationToken: TestContext.Current.CancellationToken);
    }

    /// <summary>Runs it; true when it ended by itself.</summary>
    internal static async Task<bool> RunAsync(string folder, int epochs, TimeSpan? killAfter, params string[] environment)
    {
        string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Nearfar.Tests.exe" : "Nearfar.Tests");
        var start = new ProcessStartInfo(program, ["-class", typeof(TrainingHost).FullName!, "-explicit", "only"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[FolderVariable] = folder;
        start.Environment[EpochsVariable] = epochs.ToString(CultureInfo.InvariantCulture);
        foreach (string variable in environment)
        {
            start.Environment[variable.Split('=')[0]] = variable.Split('=')[1];
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var exit = process.WaitForExitAsync(TestContext.Current.CancellationToken);
        bool ended = killAfter is not { } time || await Task.WhenAny(exit, Task.Delay(time, TestContext.Current.CancellationToken)) == exit;
        if (!ended)
        {
            process.Kill();
        }

        await exit;
        Assert.True(!ended || process.ExitCode == 0, ended ? await output : "");
        return ended;
    }
}
