using Nearfar.Pairs;

namespace Nearfar.Releases;

/// <summary>What a lineage step is.</summary>
public enum LineageKind
{
    /// <summary>A retrieval in production.</summary>
    Traffic,

    /// <summary>A mined pair.</summary>
    Pair,

    /// <summary>A training run.</summary>
    Run,

    /// <summary>A model, by its space.</summary>
    Model,

    /// <summary>A gate decision.</summary>
    Decision,

    /// <summary>A release or rollback.</summary>
    Release,
}

/// <summary>One thing in the chain from traffic to release.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Its id without the kind.</param>
/// <param name="Detail">What a reader wants to know of it.</param>
public sealed record LineageStep(LineageKind Kind, string Id, string Detail)
{
    /// <summary><c>traffic:…</c>, <c>pair:…</c>, <c>run:…</c>, <c>model:…</c>, <c>decision:…</c> or <c>release:…</c>.</summary>
    public string Name => $"{Kind.ToString().ToLowerInvariant()}:{Id}";
}

/// <summary>What led to a thing and what came of it.</summary>
/// <param name="Subject">The thing.</param>
/// <param name="Origins">What it came from, nearest first.</param>
/// <param name="Effects">What came of it, nearest first.</param>
public sealed record LineageChain(LineageStep Subject, IReadOnlyList<LineageStep> Origins, IReadOnlyList<LineageStep> Effects);

/// <summary>Walks traffic, mined pair, run, model, decision, release, both ways, from the files of an output folder.</summary>
public sealed class Lineage
{
    private readonly Dictionary<string, LineageStep> _steps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _to = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _from = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _found = new(StringComparer.Ordinal);     // model to the pairs it mined

    private Lineage() { }

    /// <summary>Reads runs, mined pairs and the ledger.</summary>
    /// <param name="output">The workspace's output folder.</param>
    /// <param name="traffic">The traffic rows, for their questions.</param>
    /// <exception cref="NearfarException">A file is broken.</exception>
    public static Lineage Load(string output, IReadOnlyList<TrafficRow> traffic)
    {
        ArgumentNullException.ThrowIfNull(traffic);
        var lineage = new Lineage();
        foreach (var row in traffic)
        {
            lineage.Add(LineageKind.Traffic, row.Id, $"\"{row.Query}\", {row.Outcome.ToString().ToLowerInvariant()}");
        }

        var files = new Dictionary<string, IReadOnlyList<Pair>>(StringComparer.Ordinal);
        string mined = Path.Combine(output, "mined");
        foreach (string file in Directory.Exists(mined) ? Directory.EnumerateFiles(mined, "*.jsonl").Where(f => new FileInfo(f).Length > 0).Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
        {
            files["mined/" + Path.GetFileName(file)] = PairFile.Read(file).Rows;
        }

        lineage.AddRuns(output, files);
        lineage.AddLedger(new ReleaseLedger(Path.Combine(output, "releases"), TimeProvider.System).Read());
        return lineage;
    }

    /// <summary>The chain through one thing.</summary>
    /// <param name="id">With its kind (<c>run:001</c>), or bare when only one thing has it; a pair's file may be left out when one file has it.</param>
    /// <exception cref="NearfarException">Nothing of that id, or several.</exception>
    public LineageChain Walk(string id)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        string[] found = _steps.ContainsKey(id) ? [id] : [.. _steps.Values.Where(s => s.Id == id || (s.Kind == LineageKind.Pair && (s.Id.StartsWith(id + "@", StringComparison.Ordinal) || s.Name.StartsWith(id + "@", StringComparison.Ordinal)))).Select(s => s.Name).Order(StringComparer.Ordinal)];
        return found.Length switch
        {
            1 => new LineageChain(_steps[found[0]], Reach(found[0], _from), Reach(found[0], _to, _found)),
            0 => throw new NearfarException($"Nothing is known of \"{id}\". Ids look like traffic:…, pair:…, run:001, model:nf1-…, decision:… (see: nearfar history)."),
            _ => throw new NearfarException($"\"{id}\" names several things: {string.Join(", ", found)}. Give one of these."),
        };
    }

    private void AddRuns(string output, Dictionary<string, IReadOnlyList<Pair>> files)
    {
        string runs = Path.Combine(output, "runs");
        var records = (Directory.Exists(runs) ? Directory.EnumerateDirectories(runs).Select(r => Path.Combine(r, "run.json")).Where(File.Exists).Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
            .Select(RunRecord.Read).ToArray();
        foreach (var record in records)
        {
            Add(LineageKind.Model, record.Space, $"model of run {record.Name}");
            Add(LineageKind.Run, record.Name, $"{record.Pairs} pairs, {record.Mined.Sum(m => m.Pairs)} of them mined, kept step {record.Step} of {record.Steps}");
            Link("run:" + record.Name, "model:" + record.Space);
        }

        foreach (var (file, pairs) in files)
        {
            foreach (var pair in pairs)
            {
                string id = $"{pair.Id}@{file}";
                string negatives = string.Join(", ", pair.HardNegatives.Select(n => $"{n.DocumentId} ({n.Provenance?.Rule})"));
                Add(LineageKind.Pair, id, $"\"{pair.Query}\" against {(negatives.Length == 0 ? "no negative" : negatives)}");
                foreach (string trace in new[] { pair.Provenance?.TraceId }.Concat(pair.HardNegatives.Select(n => n.Provenance?.TraceId)).OfType<string>().Distinct(StringComparer.Ordinal))
                {
                    Add(LineageKind.Traffic, trace, "not in the workspace's traffic any more");
                    Link("traffic:" + trace, "pair:" + id);
                }

                foreach (string space in pair.HardNegatives.Select(n => n.Provenance?.Space).Append(pair.Provenance?.Space).OfType<string>().Distinct(StringComparer.Ordinal).Where(s => _steps.ContainsKey("model:" + s)))
                {
                    Append(_from, "pair:" + id, "model:" + space);
                    Append(_found, "model:" + space, "pair:" + id);
                }

                foreach (var record in records.Where(r => r.Mined.Any(m => m.File == file)))
                {
                    Link("pair:" + id, "run:" + record.Name);
                }
            }
        }
    }

    private void AddLedger(IReadOnlyList<LedgerEntry> entries)
    {
        foreach (var entry in entries)
        {
            Add(LineageKind.Model, entry.Space, $"model of run {entry.Run}");
            if (entry.Event == LedgerEvent.Gate && entry.Decision is { } decision)
            {
                Add(LineageKind.Decision, decision, $"{entry.Verdict}, attempt {entry.Attempt}, run {entry.Run}");
                Link("model:" + entry.Space, "decision:" + decision);
            }
            else
            {
                string id = entry.Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture);
                Add(LineageKind.Release, id, $"{entry.Event.ToString().ToLowerInvariant()} of {entry.Space} by {entry.By}");
                Link(entry.Decision is { } passed && _steps.ContainsKey("decision:" + passed) ? "decision:" + passed : "model:" + entry.Space, "release:" + id);
            }
        }
    }

    private void Add(LineageKind kind, string id, string detail)
    {
        var step = new LineageStep(kind, id, detail);
        _steps.TryAdd(step.Name, step);
    }

    private void Link(string from, string to)
    {
        Append(_to, from, to);
        Append(_from, to, from);
    }

    private static void Append(Dictionary<string, List<string>> map, string key, string value)
    {
        if (!map.TryGetValue(key, out var list))
        {
            map[key] = list = [];
        }

        list.Add(value);
    }

    // Breadth first, so that the nearest comes first. What a model mined counts as its effect only when the walk starts there: else every
    // traffic row would lead, through the model it helped to train, to every later pair.
    private List<LineageStep> Reach(string start, Dictionary<string, List<string>> edges, Dictionary<string, List<string>>? first = null)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { start };
        var queue = new Queue<string>([start]);
        var reached = new List<LineageStep>();
        while (queue.TryDequeue(out string? name))
        {
            foreach (string next in (edges.GetValueOrDefault(name) ?? []).Concat(name == start ? first?.GetValueOrDefault(name) ?? [] : []))
            {
                if (seen.Add(next))
                {
                    reached.Add(_steps[next]);
                    queue.Enqueue(next);
                }
            }
        }

        return reached;
    }
}
