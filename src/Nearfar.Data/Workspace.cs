using Nearfar.Encoding;
using Nearfar.Gating.Sets;
using Nearfar.Pairs;
using Nearfar.Training;
using Nearfar.Training.Streaming;

namespace Nearfar.Data;

/// <summary>A workspace: the file <c>nearfar.yaml</c> and the data it names, read when they are first asked for. Thread-safe.</summary>
public sealed class Workspace
{
    /// <summary>Name of the workspace file.</summary>
    public const string FileName = "nearfar.yaml";

    private readonly Lazy<WorkspaceRows> _rows;
    private readonly Lazy<DocumentClusters> _clusters;
    private readonly Lazy<TrainingSet> _train;
    private readonly Lazy<DevSet> _dev;
    private readonly Lazy<GateSet> _gate;
    private readonly Lazy<IReadOnlyList<TrafficRow>> _traffic;

    private Workspace(string path, WorkspaceOptions options)
    {
        Path = path;
        Options = options;
        _rows = new(() => WorkspaceRows.Read(options.Data, Streams));
        _clusters = new(() => DocumentClusters.Of(Good.Corpus, Good.All));
        _train = new(() => Streams ? throw new NearfarException(path, 0, "train.stream leaves the training pairs on the disk, and this wants all of them in memory. Remove train.stream.")
            : new TrainingSet(Good.Corpus, Named(Good.Train, "train", "pairs to learn from").Rows));
        _dev = new(() => Builder().Dev(Named(Good.Dev, "dev", "held-out questions for model selection")));
        _gate = new(ReadGate);
        _traffic = new(ReadTraffic);
    }

    /// <summary>The workspace file as it was named or found.</summary>
    public string Path { get; }

    /// <summary>What the file says.</summary>
    public WorkspaceOptions Options { get; }

    /// <summary>Folder for runs, reports and releases; it may not exist yet.</summary>
    public string Output => Options.Output;

    /// <summary>All documents: the corpus file and the texts that stand inline in the pairs.</summary>
    /// <exception cref="NearfarException">A data file is bad: all problems of all files in one message.</exception>
    public Corpus Corpus => Good.Corpus;

    /// <summary>Which documents belong together.</summary>
    /// <exception cref="NearfarException">A data file is bad: all problems of all files in one message.</exception>
    public DocumentClusters Clusters => _clusters.Value;

    /// <summary>Pairs to learn from.</summary>
    /// <exception cref="NearfarException">A data file is bad, or the workspace names no training pairs.</exception>
    public TrainingSet Train => _train.Value;

    /// <summary>Whether <c>train.stream</c> is set: training reads <c>data.train</c> part by part (<see cref="OpenStream"/>), and <see cref="Train"/> is refused.</summary>
    public bool Streams => Options.Train.Stream is not null;

    /// <summary>The training pairs as a stream. Texts that stand inline in them are no documents of <see cref="Corpus"/>; nor have held-out questions a cohort <c>page</c>.</summary>
    /// <exception cref="NearfarException">A data file is bad, or the workspace names no training pairs.</exception>
    public StreamedPairs OpenStream() => Options.Data.AllTrain.Select(s => new StreamedSet(s.Path, s.Name)).ToList() is { Count: > 0 } sets ? new StreamedPairs(sets, Good.Corpus)
        : throw new NearfarException(Path, 0, "names no train set (pairs to learn from). Add data.train.");

    /// <summary>The encoder that training starts from, static, of <see cref="StartEncoder"/>; where pairs stream, what it learns from texts comes from a sample of the buffer's size.</summary>
    /// <param name="seed">Overrides the file's seed.</param>
    /// <exception cref="NearfarException">Model, tokenizer or data cannot be read.</exception>
    public StaticEncoder CreateStart(ulong? seed = null) => Options.Train.Stream is { } stream
        ? StartEncoder.Create(this.StartOptions(seed), OpenStream(), stream.Buffer)
        : StartEncoder.Create(this.StartOptions(seed), Train);

    /// <summary>Questions for model selection.</summary>
    /// <exception cref="NearfarException">A data file is bad, or the workspace names no dev set.</exception>
    public DevSet Dev => _dev.Value;

    /// <summary>The judgement set: its newest frozen version, or the rows of its file while nothing was frozen.</summary>
    /// <exception cref="NearfarException">A data file is bad, the workspace names no gate set, or corpus or cohorts changed since it was frozen.</exception>
    public GateSet Gate => _gate.Value;

    /// <summary>What the newest frozen version of the gate set is made of; null when it was never frozen.</summary>
    /// <exception cref="NearfarException">A data file is bad: all problems of all files in one message.</exception>
    public GateSetManifest? FrozenGate => Good.Frozen?.Manifest;

    /// <summary>Questions from production; empty when the workspace names no traffic.</summary>
    /// <exception cref="NearfarException">The file is bad: all problems in one message.</exception>
    public IReadOnlyList<TrafficRow> Traffic => _traffic.Value;

    /// <summary>Rows and problems as read, for the check.</summary>
    internal WorkspaceRows Rows => _rows.Value;

    private WorkspaceRows Good
    {
        get
        {
            _rows.Value.Problems.ThrowIfAny();
            return _rows.Value;
        }
    }

    /// <summary>Opens a workspace; data are read later.</summary>
    /// <param name="path">The workspace file, or the folder that holds <c>nearfar.yaml</c>.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="NearfarException">No such file, or an invalid one: all problems in one message with line and column.</exception>
    public static async Task<Workspace> OpenAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string file = Directory.Exists(path) ? System.IO.Path.Combine(path, FileName) : path;
        if (!File.Exists(file))
        {
            throw new NearfarException(file, 0, "no such workspace file. Make one with nearfar init, or name it with --workspace.");
        }

        string yaml = await File.ReadAllTextAsync(file, cancellationToken);
        return new Workspace(file, WorkspaceReader.Read(file, yaml));
    }

    /// <summary>Looks for <c>nearfar.yaml</c> in a folder and its parents.</summary>
    /// <param name="folder">Where to begin.</param>
    /// <returns>The file, or null when there is none up to the root.</returns>
    public static string? Find(string folder)
    {
        for (string? current = System.IO.Path.GetFullPath(folder); current is not null; current = System.IO.Path.GetDirectoryName(current))
        {
            string file = System.IO.Path.Combine(current, FileName);
            if (File.Exists(file))
            {
                return file;
            }
        }

        return null;
    }

    /// <summary>The same workspace under a policy that stands in a file of its own.</summary>
    /// <param name="file">YAML with the keys of the section <c>gate</c>.</param>
    /// <exception cref="NearfarException">No such file, or an invalid one: all problems in one message with line and column.</exception>
    public Workspace WithPolicy(string file)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        return File.Exists(file)
            ? new Workspace(Path, Options with { Gate = WorkspaceReader.ReadPolicy(file, File.ReadAllText(file), Options.Cohorts) })
            : throw new NearfarException(file, 0, "no such policy file. Wanted is YAML with the keys of the section gate.");
    }

    /// <summary>The same workspace with its start model in a folder.</summary>
    internal Workspace WithStart(string folder) => new(Path, Options with { Encoder = Options.Encoder with { From = folder } });

    internal JudgedSetBuilder Builder() => new(Rows.Corpus, _clusters.Value) { Rules = Options.Cohorts, AsOf = Options.AsOf, Train = Rows.Train?.Rows };

    private GateSet ReadGate()
    {
        var gate = Builder().Gate(Named(Good.Gate, "gate", "the frozen judgement set"));
        Good.Frozen?.ThrowUnlessSame(gate);
        return gate;
    }

    private RowSet<Pair> Named(RowSet<Pair>? rows, string key, string what) =>
        rows ?? throw new NearfarException(Path, 0, $"names no {key} set ({what}). Add data.{key}.");

    private IReadOnlyList<TrafficRow> ReadTraffic()
    {
        if (Options.Data.Traffic is not { } source)
        {
            return [];
        }

        var rows = DataReader.Traffic(source);
        var problems = new ProblemList();
        problems.AddAll(rows.Problems, Math.Max(rows.Skipped, rows.Problems.Count));
        problems.ThrowIfAny();
        return rows.Rows;
    }
}
