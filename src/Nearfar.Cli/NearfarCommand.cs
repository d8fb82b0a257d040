using System.CommandLine;
using Nearfar.Cli.Verbs;

namespace Nearfar.Cli;

/// <summary>The <c>nearfar</c> command line: parses, runs one verb, turns errors into exit codes.</summary>
public static class NearfarCommand
{
    /// <summary>0 done or passed, 1 error, 2 blocked by the gate, 3 inconclusive, 130 interrupted and resumable.</summary>
    /// <param name="args">Without the program's name.</param>
    /// <param name="output">Results.</param>
    /// <param name="error">Progress, hints and errors.</param>
    /// <param name="clock">Dates ledger entries and provenance, measures throughput.</param>
    /// <param name="cancellationToken">As Ctrl-C does.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, TextWriter error, TimeProvider clock, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(args);
        var root = new RootCommand("Trains, proves, gates, mines and releases embedding models. Every verb reads nearfar.yaml; begin with: nearfar init --from faq.csv");
        root.Add(CommonOptions.Json);
        root.Add(CommonOptions.Quiet);
        root.Add(CommonOptions.Seed);
        root.Add(CommonOptions.Workspace);
        foreach (var verb in Verb.All)
        {
            root.Add(verb.Build(output, error, clock));
        }

        var configuration = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(1) };
        try
        {
            return await root.Parse(args).InvokeAsync(configuration, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("Interrupted. What was finished is kept; run the same command again to go on.");
            return 130;
        }
        catch (Exception e) when (e is NearfarException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"error: {e.Message}");
            return 1;
        }
    }
}
