using System.CommandLine;

namespace Nearfar.Cli.Verbs;

/// <summary>One verb: its name, its options, and a few lines over a public type of the core.</summary>
internal abstract class Verb
{
    /// <summary>In the order of the loop.</summary>
    public static IReadOnlyList<Verb> All =>
    [
        new InitVerb(), new CheckVerb(), new PairsVerb(), new GateSetVerb(), new LoopVerb(), new TrainVerb(), new CutVerb(), new EmbedVerb(), new IndexVerb(), new SearchVerb(),
        new EvalVerb(), new CompareVerb(), new SimilarityVerb(), new SlicesVerb(), new GateVerb(), new MineVerb(), new LabelVerb(), new ReportVerb(),
        new ReleaseVerb(), new LineageVerb(), new HistoryVerb(), new TrecEvalVerb(), new DoctorVerb(),
    ];

    /// <summary>The word on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What it does, then an example; shown by --help.</summary>
    public abstract string Description { get; }

    public Command Build(TextWriter output, TextWriter error, TimeProvider clock)
    {
        var command = new Command(Name, Description);
        Declare(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(new VerbContext(parsed, output, error, clock, cancellationToken)));
        return command;
    }

    /// <summary>Adds arguments and options.</summary>
    protected abstract void Declare(Command command);

    /// <summary>Does it; returns the exit code.</summary>
    protected abstract Task<int> RunAsync(VerbContext context);
}
