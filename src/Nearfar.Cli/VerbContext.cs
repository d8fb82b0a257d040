using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Nearfar.Data;
using Nearfar.Data.Hub;
using Spectre.Console;

namespace Nearfar.Cli;

/// <summary>What a verb needs from outside: where to write, what clock to read, what the common options say.</summary>
internal sealed class VerbContext(ParseResult parsed, TextWriter output, TextWriter error, TimeProvider clock, CancellationToken cancellationToken)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private string? _named;

    public ParseResult Parsed { get; } = parsed;

    public TimeProvider Clock { get; } = clock;

    public CancellationToken Cancellation { get; } = cancellationToken;

    public bool Json => Parsed.GetValue(CommonOptions.Json);

    public bool Quiet => Parsed.GetValue(CommonOptions.Quiet);

    public ulong? Seed => Parsed.GetValue(CommonOptions.Seed);

    /// <summary>A line for people: stdout, or stderr when stdout carries JSON.</summary>
    public void Say(string line = "") => (Json ? error : output).WriteLine(line);

    /// <summary>Text for stdout as it is, newlines included.</summary>
    public void Print(string text) => output.Write(text);

    /// <summary>A line beside the result: stderr, and nothing when quiet.</summary>
    public void Note(string line)
    {
        if (!Quiet)
        {
            error.WriteLine(line);
        }
    }

    /// <summary>A line that must not be missed: stderr, quiet or not.</summary>
    public void Warn(string line) => error.WriteLine(line);

    /// <summary>The one command to run next.</summary>
    public void Next(string command)
    {
        if (!Quiet)
        {
            Say();
            Say($"Next: {command}");
        }
    }

    /// <summary>The result for machines; nothing unless <c>--json</c>.</summary>
    public void Emit(object value)
    {
        if (Json)
        {
            output.WriteLine(JsonSerializer.Serialize(value, s_json));
        }
    }

    /// <summary>A table for people.</summary>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows, params int[] rightAligned)
    {
        if (Json)
        {
            return;
        }

        var table = new Table().Border(TableBorder.None);
        for (int i = 0; i < columns.Count; i++)
        {
            var column = new TableColumn(new Spectre.Console.Text(columns[i], new Style(decoration: Decoration.Bold)));
            table.AddColumn(rightAligned.Contains(i) ? column.RightAligned() : column.NoWrap());
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Spectre.Console.Text(cell)));
        }

        Console(output).Write(table);
    }

    /// <summary>Runs work with a status line on a terminal, silently elsewhere.</summary>
    public async Task<T> WithProgress<T>(string title, Func<Action<string>, Task<T>> work)
    {
        if (Quiet || System.Console.IsErrorRedirected)
        {
            return await work(_ => { });
        }

        return await Console(error).Status().StartAsync(title, status => work(text => status.Status = Markup.Escape(text)));
    }

    /// <summary><c> --workspace X</c> for the next command, when this one named its workspace; else empty.</summary>
    public string WorkspaceFlag => (_named ?? Parsed.GetValue(CommonOptions.Workspace)) switch
    {
        null => "",
        var named when named.Contains(' ', StringComparison.Ordinal) => $" --workspace \"{named}\"",
        var named => $" --workspace {named}",
    };

    // People read paths from where they stand; a script keeps whole ones.
    private string? Shown(string? path) => path is null || Json || Path.GetRelativePath(Directory.GetCurrentDirectory(), path) is not { } near || near.Length >= path.Length ? path : near;

    /// <summary>The workspace that the arguments name.</summary>
    /// <param name="folder">The positional argument, if the verb has one.</param>
    public async Task<Workspace> OpenWorkspaceAsync(string? folder = null)
    {
        string? option = Parsed.GetValue(CommonOptions.Workspace);
        if (folder is not null && option is not null)
        {
            throw new NearfarException($"The workspace is named twice: \"{folder}\" and --workspace \"{option}\". Give one.");
        }

        _named = folder ?? option;
        string path = _named ?? Shown(Workspace.Find(Directory.GetCurrentDirectory()))
            ?? throw new NearfarException("No nearfar.yaml here or in a parent folder. Make one with nearfar init, or name it with --workspace.");
        return await Workspace.OpenAsync(path, Cancellation);
    }

    /// <summary>The workspace that the arguments name, with its start model on this disk.</summary>
    /// <param name="folder">The positional argument, if the verb has one.</param>
    public async Task<Workspace> OpenTrainableWorkspaceAsync(string? folder = null)
    {
        var workspace = await OpenWorkspaceAsync(folder);
        return await workspace.WithHubModelAsync(Clock, Note, Cancellation);
    }

    private static IAnsiConsole Console(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        bool redirected = writer == System.Console.Error ? System.Console.IsErrorRedirected : System.Console.IsOutputRedirected || writer != System.Console.Out;
        if (redirected)
        {
            console.Profile.Width = 160;
        }

        return console;
    }
}
