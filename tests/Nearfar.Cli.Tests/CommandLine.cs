using Xunit;

namespace Nearfar.Cli.Tests;

/// <summary>Runs verbs in-process over a temporary folder.</summary>
internal sealed class CommandLine : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("nearfar-cli-").FullName;

    /// <summary>What a shell would see.</summary>
    /// <param name="ExitCode">0 done, 1 error, 2 blocked, 3 inconclusive.</param>
    /// <param name="Output">stdout.</param>
    /// <param name="Error">stderr.</param>
    public sealed record Result(int ExitCode, string Output, string Error);

    public static async Task<Result> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = await NearfarCommand.RunAsync(args, output, error, TimeProvider.System, TestContext.Current.CancellationToken);
        return new Result(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>A table of 60 questions, two for each of 30 answers, made into a workspace.</summary>
    public async Task<string> WorkspaceAsync()
    {
        string[] things = ["kettle", "lamp", "bicycle", "garden", "coffee", "course"];
        string[] topics = ["refund", "warranty", "delivery", "cleaning", "battery"];
        var rows = from thing in things
                   from topic in topics
                   let answer = $"The {topic} of a {thing} is described on page {thing[0]}{topic[0]}{thing.Length * topic.Length} of its leaflet."
                   from question in new[] { $"{topic} {thing}", $"where do I read about the {topic} when I bought a {thing}?" }
                   select $"{question},{answer}";
        string table = Path.Combine(Folder, "faq.csv");
        await File.WriteAllLinesAsync(table, rows.Prepend("question,answer"), TestContext.Current.CancellationToken);
        string workspace = Path.Combine(Folder, "help");
        var made = await RunAsync("init", workspace, "--from", table, "--as-of", "2026-11-01");
        Assert.Equal((0, ""), (made.ExitCode, made.Error));
        return workspace;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
