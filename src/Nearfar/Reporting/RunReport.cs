using System.Text.Json;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Slices;
using Nearfar.Gating;
using Nearfar.Pairs;
using Nearfar.Releases;

namespace Nearfar.Reporting;

/// <summary>The pages of a judged run: <c>report.html</c>, <c>report.md</c>, <c>decision.junit.xml</c> and the model's card.</summary>
public static class RunReport
{
    /// <summary>Where the page of a run stands.</summary>
    /// <param name="folder">The run's folder.</param>
    public static string HtmlPath(string folder) => Path.Combine(folder, "report.html");

    /// <summary>Writes all pages of a judged candidate into its run folder.</summary>
    /// <param name="workspace">Name of the workspace.</param>
    /// <param name="data">The sets, for document texts and hashes.</param>
    /// <param name="attempt">The candidate and its decision.</param>
    /// <returns>What was rendered.</returns>
    public static ReportInput Write(string workspace, LoopData data, LoopAttempt attempt)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(attempt);
        var record = attempt.Model.Record;
        var provenance = Origin(record, workspace, data.Gate.Corpus.Count, data.Dev.Queries.Count);
        string slicesPath = Path.Combine(attempt.Folder, "slices.json");
        var input = new ReportInput
        {
            Candidate = attempt.Candidate,
            References = [.. attempt.References.Select(r => r.Report)],
            Decision = attempt.Decision,
            Slices = File.Exists(slicesPath) ? SliceFindingsJson.Load(slicesPath) : null,
            GateSet = data.GateManifest?.Hash == attempt.Candidate.SetHash ? data.GateManifest : null,
            Corpus = data.Gate.Corpus,
            Training = ReadCurve(Path.Combine(attempt.Folder, "history.jsonl"), record.Step),
            Provenance = provenance,
        };
        AtomicFile.Write(HtmlPath(attempt.Folder), HtmlReport.Render(input));
        RunPage.Write(attempt.Folder);
        AtomicFile.Write(Path.Combine(attempt.Folder, "report.md"), MarkdownReport.Render(input));
        AtomicFile.Write(Path.Combine(attempt.Folder, "decision.junit.xml"), JUnitReport.Render(attempt.Decision));
        AtomicFile.Write(Path.Combine(attempt.Model.Folder, "README.md"), ModelCard.Render(new ModelCardInput
        {
            Name = $"{workspace} {record.Name}",
            Dimensions = attempt.Model.Encoder.Dimensions,
            MaxTokens = TrainedModel.MaxTokensOf(attempt.Model.Encoder),
            Kind = attempt.Model.Encoder is Encoding.AdapterEncoder { Rank: var rank } ? rank == 0 ? "query-side linear map over a frozen encoder" : $"query-side map of rank {rank} over a frozen encoder" : "static encoder (mean of token vectors)",
            Report = attempt.Candidate,
            Decision = attempt.Decision,
            Provenance = provenance,
        }));
        return input;
    }

    /// <summary>Reads what a run's folder holds: report, decision, the references it was decided on, record, history and slices.</summary>
    /// <param name="folder">The run's folder, as <c>loop</c> and <c>gate</c> leave it: references are looked for in <c>../../reports</c>.</param>
    /// <param name="workspace">Name of the workspace; null: unknown.</param>
    /// <param name="corpus">Texts of the documents; null: ids alone are shown.</param>
    /// <exception cref="NearfarException">A file is missing or broken, or a reference of the decision is not there.</exception>
    public static ReportInput Read(string folder, string? workspace, Corpus? corpus)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string decisionPath = Path.Combine(folder, "decision.json"), recordPath = Path.Combine(folder, "run.json"), slicesPath = Path.Combine(folder, "slices.json");
        var decision = File.Exists(decisionPath) ? GateDecisionJson.Load(decisionPath) : null;
        var record = File.Exists(recordPath) ? RunRecord.Read(recordPath) : null;
        return new ReportInput
        {
            Candidate = EvalReportJson.Load(Path.Combine(folder, "report.json")),
            References = decision is null ? [] : References(decision, Path.GetFullPath(Path.Combine(folder, "..", "..", "reports"))),
            Decision = decision,
            Slices = File.Exists(slicesPath) ? SliceFindingsJson.Load(slicesPath) : null,
            Corpus = corpus,
            Training = record is null ? null : ReadCurve(Path.Combine(folder, "history.jsonl"), record.Step),
            Provenance = record is null ? new ReportProvenance { Workspace = workspace } : Origin(record, workspace, corpus?.Count, null),
        };
    }

    private static EvalReport[] References(GateDecision decision, string reports)
    {
        var byHash = new Dictionary<string, EvalReport>(StringComparer.Ordinal);
        string version = decision.SetHash[..Math.Min(12, decision.SetHash.Length)];
        string[] paths = Directory.Exists(reports) ? Directory.GetFiles(reports, $"*.{version}.json") : [];
        foreach (string path in paths)
        {
            var report = EvalReportJson.Load(path);
            byHash[report.ComputeHash()] = report;
        }

        return [.. decision.References.Select(r => byHash.GetValueOrDefault(r.Hash) ?? throw new NearfarException(
            $"The decision compares with \"{r.Label}\" {Figures.ShortHash(r.Hash)}, and no report in {reports} is that one. Name it with --against."))];
    }

    private static ReportProvenance Origin(RunRecord record, string? workspace, int? documents, int? dev) => new()
    {
        Run = record.Name,
        Workspace = workspace,
        Parent = record.Parent ?? "random rows",
        Data =
        [
            new DataSource("corpus", documents, record.Data["corpus"]),
            new DataSource("train", record.Pairs, record.Data["train"]),
            .. record.Mined.Select(m => new DataSource(m.File, m.Pairs, m.Sha256)),
            new DataSource("dev", dev, record.Data["dev"]),
        ],
        Settings = new SortedDictionary<string, string>(record.Options, StringComparer.Ordinal) { ["instruction_set"] = record.InstructionSet },
    };

    private static TrainingCurve? ReadCurve(string path, long chosen)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var points = new SortedDictionary<int, TrainingPoint>();
        long number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            try
            {
                Add(line, points);
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw new NearfarException(path, number, $"not a line of a training history: {e.Message} Delete the run's folder and train again.", e);
            }
        }

        return new TrainingCurve { Points = [.. points.Values], QualityName = "ndcg@10", ChosenStep = int.CreateChecked(chosen) };
    }

    private static void Add(string line, SortedDictionary<int, TrainingPoint> points)
    {
        using var json = JsonDocument.Parse(line);
        var row = json.RootElement;
        string? kind = row.GetProperty("kind").GetString();
        if (kind is "start" or "stopped")
        {
            return;
        }

        int step = row.GetProperty("step").GetInt32();
        var point = points.GetValueOrDefault(step) ?? new TrainingPoint(step, null, null);
        points[step] = kind == "step" ? point with { Loss = row.GetProperty("loss").GetDouble() } : point with { Quality = row.GetProperty("ndcg@10").GetDouble() };
    }
}
