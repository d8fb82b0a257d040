using Nearfar.Cli.Verbs;
using Nearfar.Releases;
using Xunit;

namespace Nearfar.Cli.Tests;

public class NearfarCommandTests
{
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
    public async Task Check_ManyWarningsOfOneRule_PrintsAFewUnlessAllAreWanted()
    {
        using var line = new CommandLine();
        string workspace = await line.WorkspaceAsync();
        var again = Enumerable.Range(0, 8).Select(i => $$"""{"id":"again-{{i}}","text":"Parcels are handed over on Tuesday and the tracking link comes by mail the same evening."}""");
        await File.AppendAllLinesAsync(Path.Combine(workspace, "corpus.jsonl"), again, TestContext.Current.CancellationToken);

        var few = await CommandLine.RunAsync("check", workspace);
        Assert.Equal(3, Told(few.Output));
        Assert.Contains("warning [duplicate-document] 7 in all: --all prints more of them", few.Output, StringComparison.Ordinal);
        Assert.Equal(7, Told((await CommandLine.RunAsync("check", workspace, "--all")).Output));

        static int Told(string output) => output.Split('\n').Count(l => l.Contains("warning [duplicate-document] Document", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Init_Table_LoopsAndASecondLoopDoesNothingAgain()
    {
        using var line = new CommandLine();
        string workspace = await line.WorkspaceAsync();
        var check = await CommandLine.RunAsync("check", workspace);
        Assert.Equal((0, ""), (check.ExitCode, check.Error));
        Assert.Contains($"Next: nearfar loop {workspace}", check.Output, StringComparison.Ordinal);

        // Some twelve gate questions cannot prove that nothing fell by more than the tolerance.
        var first = await CommandLine.RunAsync("loop", workspace);
        Assert.Equal(3, first.ExitCode);
        Assert.StartsWith("note: the gate set was never frozen", Assert.Single(first.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Contains("Inconclusive", first.Output, StringComparison.Ordinal);
        string output = Path.Combine(workspace, "output");
        var written = File.GetLastWriteTimeUtc(Path.Combine(output, "runs", "001", "run.json"));

        var second = await CommandLine.RunAsync("loop", workspace);
        Assert.Equal(first.Output, second.Output);
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(output, "runs", "001", "run.json")));
        Assert.Single(new ReleaseLedger(Path.Combine(output, "releases"), TimeProvider.System).Read());
        Assert.True(File.Exists(Path.Combine(output, "runs", "001", "report.html")));
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
