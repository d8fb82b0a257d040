using System.Text.Json;
using Nearfar.Cli.Verbs;
using Nearfar.Releases;
using Xunit;

namespace Nearfar.Cli.Tests;

public class NearfarCommandTests
{
    [Theory, InlineData("loop", "--attemps", "2"), InlineData("lop"), InlineData("search", "x", "--top", "many"), InlineData("report")]
    public async Task RunAsync_UsageError_IsExitOneNotBlocked(params string[] args)
    {
        var result = await CommandLine.RunAsync(args);
        Assert.Equal(1, result.ExitCode);
        Assert.NotEqual("", result.Error);
    }

    [Fact]
    public async Task RunAsync_NoWorkspace_SaysWhatToDo()
    {
        using var line = new CommandLine();
        var result = await CommandLine.RunAsync("loop", Path.Combine(line.Folder, "absent"));
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(line.Folder));
    }

    [Fact]
    public void All_EveryVerb_HasAPageThatNamesItsCommand()
    {
        string pages = Path.Combine(RepositoryRoot(), "docs", "loop");
        foreach (var verb in Verb.All)
        {
            string page = Path.Combine(pages, verb.Name + ".md");
            Assert.True(File.Exists(page), $"{page} is missing.");
            Assert.Contains($"nearfar {verb.Name}", File.ReadAllText(page), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Init_Table_LoopsAndASecondLoopDoesNothingAgain()
    {
        using var line = new CommandLine();
        string workspace = await line.WorkspaceAsync();
        var check = await CommandLine.RunAsync("check", workspace);
        Assert.Equal((0, ""), (check.ExitCode, check.Error));
        Assert.Contains("Next: nearfar loop", check.Output, StringComparison.Ordinal);

        // Some twelve gate questions cannot prove that nothing fell by more than the tolerance.
        var first = await CommandLine.RunAsync("loop", workspace);
        Assert.Equal((3, ""), (first.ExitCode, first.Error));
        Assert.Contains("Inconclusive", first.Output, StringComparison.Ordinal);
        string output = Path.Combine(workspace, "output");
        var written = File.GetLastWriteTimeUtc(Path.Combine(output, "runs", "001", "run.json"));

        var second = await CommandLine.RunAsync("loop", workspace);
        Assert.Equal(first.Output, second.Output);
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(output, "runs", "001", "run.json")));
        Assert.Single(new ReleaseLedger(Path.Combine(output, "releases"), TimeProvider.System).Read());
        Assert.True(File.Exists(Path.Combine(output, "runs", "001", "report.html")));
    }

    [Fact]
    public async Task Verbs_OneAfterAnother_EachNamesTheNext()
    {
        using var line = new CommandLine();
        string workspace = await line.WorkspaceAsync();
        string model = Path.Combine(workspace, "output", "runs", "v1", "model");
        string vectors = Path.Combine(line.Folder, "corpus.safetensors");
        string index = Path.Combine(line.Folder, "index");
        string report = Path.Combine(line.Folder, "report.json");
        string[][] commands =
        [
            ["train", workspace, "--name", "v1"],
            ["embed", Path.Combine(workspace, "corpus.jsonl"), "--model", model, "--out", vectors],
            ["index", vectors, "--out", index],
            ["eval", workspace, "--model", "v1", "--out", report],
            ["mine", workspace, "--model", "v1"],
            ["doctor", workspace],
            ["history", workspace],
        ];
        foreach (string[] command in commands)
        {
            var result = await CommandLine.RunAsync(command);
            Assert.Equal((0, ""), (result.ExitCode, result.Error));
            Assert.Contains("Next: ", result.Output, StringComparison.Ordinal);
        }

        var search = await CommandLine.RunAsync("search", "refund kettle", "--index", index, "--model", model, "--top", "1", "--json");
        using var hits = JsonDocument.Parse(search.Output);
        Assert.Equal(1, hits.RootElement.GetProperty("hits").GetArrayLength());
        Assert.Equal("refund kettle", hits.RootElement.GetProperty("query").GetString());
    }

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Nearfar.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
