using System.Text.Json;
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
        var provenance = new ReportProvenance
        {
            Run = record.Name,
            Workspace = workspace,
            Parent = record.Parent ?? "random rows",
            Data =
            [
                new DataSource("corpus", data.Gate.Corpus.Count, record.Data["corpus"]),
                new DataSource("train", record.Pairs, record.Data["train"]),
                .. record.Mined.Select(m => new DataSource(m.File, m.Pairs, m.Sha256)),
                new DataSource("dev", data.Dev.Queries.Count, record.Data["dev"]),
                new DataSource("gate", data.Gate.Queries.Count, data.Gate.Hash),
            ],
            Settings = new SortedDictionary<string, string>(record.Options, StringComparer.Ordinal) { ["instruction_set"] = record.InstructionSet },
        };
        var input = new ReportInput
        {
            Candidate = attempt.Candidate,
            References = [.. attempt.References.Select(r => r.Report)],
            Decision = attempt.Decision,
            Corpus = data.Gate.Corpus,
            Training = ReadCurve(Path.Combine(attempt.Folder, "history.jsonl"), record.Step),
            Provenance = provenance,
        };
        AtomicFile.Write(HtmlPath(attempt.Folder), HtmlReport.Render(input));
        AtomicFile.Write(Path.Combine(attempt.Folder, "report.md"), MarkdownReport.Render(input));
        AtomicFile.Write(Path.Combine(attempt.Folder, "decision.junit.xml"), JUnitReport.Render(attempt.Decision));
        AtomicFile.Write(Path.Combine(attempt.Model.Folder, "README.md"), ModelCard.Render(new ModelCardInput
        {
            Name = $"{workspace} {record.Name}",
            Dimensions = attempt.Model.Encoder.Dimensions,
            MaxTokens = attempt.Model.Encoder.Options.MaxTokens,
            Kind = "static encoder (mean of token vectors)",
            Report = attempt.Candidate,
            Decision = attempt.Decision,
            Provenance = provenance,
        }));
        return input;
    }

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
        if (kind is "start")
        {
            return;
        }

        int step = row.GetProperty("step").GetInt32();
        var point = points.GetValueOrDefault(step) ?? new TrainingPoint(step, null, null);
        points[step] = kind == "step" ? point with { Loss = row.GetProperty("loss").GetDouble() } : point with { Quality = row.GetProperty("ndcg@10").GetDouble() };
    }
}
