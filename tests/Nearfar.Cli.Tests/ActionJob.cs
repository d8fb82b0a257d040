using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Nearfar.Cli.Tests;

/// <summary>Runs the shell steps of action.yml as a runner would: expressions filled in, outputs read from their file. The tool is this build; GitHub is a script that writes down what it is asked.</summary>
internal sealed partial class ActionJob : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nearfar-action-");

    public ActionJob()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || !OnPath("bash") || !OnPath("jq"), "The steps need bash and jq.");
        Executable("nearfar", $"exec dotnet '{Path.Combine(AppContext.BaseDirectory, "Nearfar.Cli.dll")}' \"$@\"");
        // gh api [--method M] PATH [--jq F] [--field body=@FILE]: a list goes through the real filter, the rest is written down.
        Executable("gh", """
            echo "$*" >> "$GH_LOG"
            filter='' body=''
            for argument in "$@"; do
              [ "$before" != --jq ] || filter=$argument
              [ "$before" != --field ] || body=${argument#body=@}
              before=$argument
            done
            [ -z "$body" ] || cp "$body" "$GH_COMMENT"
            [ -z "$filter" ] || jq -r "$filter" "$GH_COMMENTS"
            """);
    }

    public string Folder => _folder.FullName;

    /// <summary>Comments that stand on the pull request: login, text, id.</summary>
    public IReadOnlyList<(string Login, string Body, int Id)> Comments { get; set; } = [];

    /// <summary>What a job left.</summary>
    public sealed record Result(int ExitCode, string Log, IReadOnlyDictionary<string, string> Outputs, string Summary, string Requests, string Comment);

    public async Task<Result> RunAsync(params (string Name, string Value)[] given)
    {
        var action = ActionFile.Load();
        var values = action.Inputs.ToDictionary(i => "inputs." + i.Key, i => i.Value, StringComparer.Ordinal);
        values["inputs.command"] = this["nearfar"];
        values["github.token"] = "token";
        values["github.repository"] = "example/help";
        values["github.event.pull_request.number"] = "7";
        values["github.event_name"] = "pull_request";
        foreach (var (name, value) in given)
        {
            values["inputs." + name] = value;
        }

        foreach (string name in (string[])["gh.log", "comment.md", "summary.md"])
        {
            await File.WriteAllTextAsync(this[name], "");
        }

        await File.WriteAllTextAsync(this["comments.json"], JsonSerializer.Serialize(Comments.Select(c => new { id = c.Id, body = c.Body, user = new { login = c.Login } })));
        var log = new StringBuilder();
        int exitCode = 0;
        foreach (var step in action.Steps.Where(s => s.Script is not null && Applies(s.If, values)))
        {
            exitCode = await StepAsync(step, values, log);
            if (exitCode != 0)
            {
                break;
            }
        }

        const string Outputs = "steps.run.outputs.";
        return new(exitCode, log.ToString(),
            values.Where(v => v.Key.StartsWith(Outputs, StringComparison.Ordinal)).ToDictionary(v => v.Key[Outputs.Length..], v => v.Value, StringComparer.Ordinal),
            await File.ReadAllTextAsync(this["summary.md"]), await File.ReadAllTextAsync(this["gh.log"]), await File.ReadAllTextAsync(this["comment.md"]));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string this[string name] => Path.Combine(Folder, name);

    private async Task<int> StepAsync(ActionStep step, Dictionary<string, string> values, StringBuilder log)
    {
        string script = this["step.sh"], outputs = this["outputs"];
        await File.WriteAllTextAsync(script, step.Script);
        await File.WriteAllTextAsync(outputs, "");
        var start = new ProcessStartInfo("bash", ["--noprofile", "--norc", script]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };
        start.Environment["PATH"] = Folder + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH");
        foreach (var (name, value) in new[] { ("GITHUB_OUTPUT", outputs), ("GITHUB_STEP_SUMMARY", this["summary.md"]), ("RUNNER_TEMP", Folder), ("GH_LOG", this["gh.log"]), ("GH_COMMENT", this["comment.md"]), ("GH_COMMENTS", this["comments.json"]) })
        {
            start.Environment[name] = value;
        }

        foreach (var (name, value) in step.Environment)
        {
            start.Environment[name] = Expression().Replace(value, m => values.GetValueOrDefault(m.Groups[1].Value, ""));
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        log.Append(await process.StandardOutput.ReadToEndAsync()).Append(await errors);
        await process.WaitForExitAsync();
        foreach (string[] pair in (await File.ReadAllLinesAsync(outputs)).Select(l => l.Split('=', 2)))
        {
            values[$"steps.{step.Id}.outputs.{pair[0]}"] = pair[1];
        }

        return process.ExitCode;
    }

    // The conditions of the steps are comparisons with a text, joined by &&.
    private static bool Applies(string? condition, Dictionary<string, string> values) => condition is null || condition.Split("&&").All(part =>
    {
        string[] sides = part.Split("==");
        return values[sides[0].Trim()] == sides[1].Trim().Trim('\'');
    });

    private void Executable(string name, string script)
    {
        File.WriteAllText(this[name], "#!/usr/bin/env bash\n" + script + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(this[name], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static bool OnPath(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(f => File.Exists(Path.Combine(f, name)));

    [GeneratedRegex(@"\$\{\{\s*(.+?)\s*\}\}")]
    private static partial Regex Expression();
}
