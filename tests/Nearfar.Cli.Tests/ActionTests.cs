using System.Text.RegularExpressions;
using Xunit;

namespace Nearfar.Cli.Tests;

/// <summary>action.yml: what it declares is what it uses, nothing untrusted reaches a script, and its shell steps do what they say on a real workspace.</summary>
public sealed partial class ActionTests
{
    private const string Author = "github-actions[bot]";

    [Fact]
    public void Action_Scripts_HoldNoExpressionAndRunInBash()
    {
        var action = ActionFile.Load();
        Assert.All(action.Steps.Where(s => s.Script is not null), s =>
        {
            Assert.DoesNotContain("${{", s.Script, StringComparison.Ordinal);
            Assert.Equal("bash", s.Shell);
            Assert.StartsWith("set -euo pipefail\n", s.Script, StringComparison.Ordinal);
        });
        Assert.All(action.Steps.Where(s => s.Uses is not null), s => Assert.Matches("^actions/[a-z-]+@v[0-9]+$", s.Uses));
    }

    [Fact]
    public void Action_EveryInputAndOutput_IsDeclaredAndUsed()
    {
        var action = ActionFile.Load();
        string[] used = [.. InputName().Matches(action.Text).Select(m => m.Groups[1].Value).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(action.Inputs.Keys.Order(StringComparer.Ordinal), used);
        string run = action.Steps.Single(s => s.Id == "run").Script!;
        Assert.All(action.Outputs, o => Assert.Contains($"printf '{o}=%s\\n'", run, StringComparison.Ordinal));
    }

    [Fact]
    public void Action_EveryVariableOfAScript_ComesFromItsEnvironment()
    {
        string[] runner = ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "RUNNER_TEMP"];
        foreach (var step in ActionFile.Load().Steps.Where(s => s.Script is not null))
        {
            var read = VariableName().Matches(step.Script!).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
            Assert.All(read, name => Assert.True(step.Environment.ContainsKey(name) || runner.Contains(name), $"{step.Name}: ${name}"));
        }
    }

    [Fact]
    public async Task Loop_Released_SummarisesCommentsAndGivesOutputs()
    {
        using var shop = new Shop();
        using var job = new ActionJob();
        var first = await job.RunAsync(("workspace", shop.Path));
        Assert.True(first.ExitCode == 0, first.Log);
        Assert.Equal("passed", first.Outputs["verdict"]);
        Assert.Equal("0", first.Outputs["exit-code"]);
        Assert.All(["report", "markdown", "junit"], name => Assert.True(File.Exists(first.Outputs[name]), name));
        Assert.StartsWith("**40 questions: right page in top 3 for ", first.Summary, StringComparison.Ordinal);
        Assert.Contains("--method POST repos/example/help/issues/7/comments --field", first.Requests, StringComparison.Ordinal);
        Assert.StartsWith("<!-- nearfar ", first.Comment, StringComparison.Ordinal);
        Assert.EndsWith(first.Summary, first.Comment, StringComparison.Ordinal);

        // Somebody else's comment with our mark stands first; only the action's own is replaced.
        job.Comments = [("mallory", first.Comment, 11), (Author, "Thanks!", 12), (Author, first.Comment, 13)];
        var second = await job.RunAsync(("workspace", shop.Path));
        Assert.True(second.ExitCode == 0, second.Log);
        Assert.Equal("passed", second.Outputs["verdict"]);       // met again: the loop made no attempt
        Assert.Contains("--method PATCH repos/example/help/issues/comments/13 --field", second.Requests, StringComparison.Ordinal);
        Assert.DoesNotContain("POST", second.Requests, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fail", 3, "::error title=Nearfar::Inconclusive")]
    [InlineData("warn", 0, "::warning title=Nearfar::Inconclusive")]
    [InlineData("pass", 0, "::notice title=Nearfar::Inconclusive")]
    public async Task Loop_Inconclusive_EndsAsWanted(string wanted, int exitCode, string message)
    {
        using var line = new CommandLine();
        using var job = new ActionJob();
        var run = await job.RunAsync(("workspace", await line.WorkspaceAsync()), ("on-inconclusive", wanted), ("comment", "false"));
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Equal("inconclusive", run.Outputs["verdict"]);
        Assert.Equal("3", run.Outputs["exit-code"]);
        Assert.Contains(message, run.Log, StringComparison.Ordinal);
        Assert.Equal(wanted == "fail", File.ReadAllText(run.Outputs["junit"]).Contains("<failure", StringComparison.Ordinal));
        Assert.Empty(run.Requests);
    }

    [Fact]
    public async Task Eval_Model_HasReportAndNoVerdict()
    {
        using var shop = new Shop();
        using var job = new ActionJob();
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v1")).Exit);
        var run = await job.RunAsync(("workspace", shop.Path), ("mode", "eval"), ("run", "v1"));
        Assert.True(run.ExitCode == 0, run.Log);
        Assert.Equal(("none", ""), (run.Outputs["verdict"], run.Outputs["junit"]));
        Assert.Contains("No verdict", File.ReadAllText(run.Outputs["report"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gate_RunThatFell_IsBlockedWithExitCode2()
    {
        using var shop = new Shop("gate: {metric: recall@1, tolerance: 0.01, reference: bm25}");
        await File.WriteAllTextAsync(shop["nearfar.yaml"], (await File.ReadAllTextAsync(shop["nearfar.yaml"], TestContext.Current.CancellationToken)).Replace("rate: 0.1", "rate: 0.000001", StringComparison.Ordinal)
            .Replace("dimensions: 256", "dimensions: 8", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        using var job = new ActionJob();
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v1")).Exit);
        var run = await job.RunAsync(("workspace", shop.Path), ("mode", "gate"), ("run", "v1"), ("comment", "false"));
        Assert.Equal("blocked", run.Outputs["verdict"]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("::error title=Nearfar::Blocked", run.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mode", "loop; touch pwned")]
    [InlineData("mode", "$(touch pwned)")]
    [InlineData("attempts", "1 --workspace elsewhere")]
    [InlineData("attempts", "0")]
    [InlineData("on-inconclusive", "")]
    [InlineData("on-inconclusive", "`touch pwned`")]
    public async Task Run_BadInput_IsRefusedAndRunsNothing(string input, string value)
    {
        using var shop = new Shop();
        using var job = new ActionJob();
        var run = await job.RunAsync(("workspace", shop.Path), ("check", "false"), (input, value));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("::error title=Nearfar::", run.Log, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(job.Folder, "pwned", SearchOption.AllDirectories));
        Assert.False(Directory.Exists(shop["output"]));
    }

    [Fact]
    public async Task Check_TextThatLooksLikeACommand_IsPrintedWhileCommandsAreStopped()
    {
        using var shop = new Shop();
        using var job = new ActionJob();
        await File.AppendAllTextAsync(shop["gate.jsonl"], "{\"id\":\"\\n::set-env name=x::y\",\"query\":\"\",\"positive_ids\":[\"nowhere\"]}\n", TestContext.Current.CancellationToken);
        var run = await job.RunAsync(("workspace", shop.Path));
        Assert.Equal(1, run.ExitCode);
        string[] lines = run.Log.Split('\n');
        int stop = Array.FindLastIndex(lines, l => l.StartsWith("::stop-commands::", StringComparison.Ordinal));
        int go = Array.IndexOf(lines, $"::{lines[stop]["::stop-commands::".Length..]}::");
        Assert.True(stop >= 0 && go > stop, run.Log);
        Assert.Contains(lines[stop..go], l => l.Contains("gate.jsonl:41", StringComparison.Ordinal));
        Assert.Contains("::error title=nearfar check::", string.Join('\n', lines[go..]), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"inputs\.([a-z-]+)")]
    private static partial Regex InputName();

    [GeneratedRegex(@"(?<!\\)\$\{?([A-Z][A-Z_]+)")]
    private static partial Regex VariableName();
}
