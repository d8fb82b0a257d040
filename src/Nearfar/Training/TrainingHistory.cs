using System.Text.Json;

namespace Nearfar.Training;

/// <summary><c>history.jsonl</c> read back: a resumed run goes on from it, the run's page draws it.</summary>
internal sealed class TrainingHistory
{
    private TrainingHistory(HistoryStart start, IReadOnlyList<HistoryStep> steps, IReadOnlyList<HistoryEvaluation> evaluations, IReadOnlyList<HistoryMining> minings) =>
        (Start, Steps, Evaluations, Minings) = (start, steps, evaluations, minings);

    public HistoryStart Start { get; }

    public IReadOnlyList<HistoryStep> Steps { get; }

    public IReadOnlyList<HistoryEvaluation> Evaluations { get; }

    public IReadOnlyList<HistoryMining> Minings { get; }

    /// <param name="path">The file.</param>
    /// <param name="length">Bytes that count; a running or killed run may have written part of a line behind them. Null: up to the last whole line.</param>
    /// <exception cref="NearfarException">Not a training history: the line is named.</exception>
    public static TrainingHistory Read(string path, long? length = null)
    {
        byte[] bytes = ReadShared(path);
        var rest = bytes.AsMemory(0, (int)Math.Min(bytes.Length, length ?? bytes.Length));
        HistoryStart? start = null;
        var steps = new List<HistoryStep>();
        var evaluations = new List<HistoryEvaluation>();
        var minings = new List<HistoryMining>();
        for (long number = 1; rest.Span.IndexOf((byte)'\n') is var end and >= 0; number++, rest = rest[(end + 1)..])
        {
            try
            {
                using var json = JsonDocument.Parse(rest[..end]);
                switch (json.RootElement.GetProperty("kind").GetString())
                {
                    case "start": start = HistoryStart.Read(json.RootElement); break;
                    case "step": steps.Add(HistoryStep.Read(json.RootElement)); break;
                    case "evaluation": evaluations.Add(HistoryEvaluation.Read(json.RootElement)); break;
                    case "mined": minings.Add(HistoryMining.Read(json.RootElement)); break;
                    case "stopped": break;
                    case var kind: throw new FormatException($"kind is \"{kind}\"; wanted start, step, evaluation, mined or stopped.");
                }
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw new NearfarException(path, number, $"not a line of a training history: {e.Message} Delete the run's folder and train again.", e);
            }
        }

        return new TrainingHistory(start ?? throw new NearfarException(path, 1, "the history has no first line of kind start. Delete the run's folder and train again."), steps, evaluations, minings);
    }

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}

/// <summary>The first line: what is trained on what.</summary>
internal sealed record HistoryStart(int Rows, long Steps, IReadOnlyDictionary<string, string> Identity)
{
    public static HistoryStart Read(JsonElement line) => new(line.GetProperty("rows").GetInt32(), line.GetProperty("steps").GetInt64(),
        line.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.String && p.Name != "kind").ToDictionary(p => p.Name, p => p.Value.GetString()!, StringComparer.Ordinal));
}

/// <summary>A step; <c>Facts</c> is null where the batch was not measured, <c>Cohorts</c> counts its rows by attribute and value.</summary>
internal sealed record HistoryStep(long Step, int Epoch, double Loss, double Rate, int Pairs, string? DataSet, double? Masked, BatchFacts? Facts,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> Cohorts)
{
    public static readonly IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> NoCohorts = new Dictionary<string, IReadOnlyDictionary<string, int>>(StringComparer.Ordinal);

    public static HistoryStep Read(JsonElement line) => new(line.GetProperty("step").GetInt64(), line.GetProperty("epoch").GetInt32(),
        line.GetProperty("loss").GetDouble(), line.GetProperty("rate").GetDouble(), line.GetProperty("pairs").GetInt32(),
        line.TryGetProperty("data_set", out var set) ? set.GetString() : null, Number(line, "masked"),
        Number(line, "accuracy") is { } accuracy ? new BatchFacts(accuracy, line.GetProperty("alignment").GetDouble(), Number(line, "uniformity"), Number(line, "likely_false_negatives")) : null,
        !line.TryGetProperty("cohorts", out var cohorts) ? NoCohorts : cohorts.EnumerateObject().ToDictionary(a => a.Name,
            a => (IReadOnlyDictionary<string, int>)a.Value.EnumerateObject().ToDictionary(v => v.Name, v => v.Value.GetInt32(), StringComparer.Ordinal), StringComparer.Ordinal));

    internal static double? Number(JsonElement line, string name) => line.TryGetProperty(name, out var value) ? value.GetDouble() : null;
}

/// <summary>A mining inside the run, where its negatives came into force; <c>Unchanged</c> is the share of all hard negatives that were in force before.</summary>
internal sealed record HistoryMining(long MinedAt, long Step, string Space, int Pairs, int Negatives, double Unchanged, IReadOnlyDictionary<string, int> Refused, string File)
{
    public static HistoryMining Read(JsonElement line) => new(line.GetProperty("mined_at").GetInt64(), line.GetProperty("step").GetInt64(), line.GetProperty("space").GetString()!,
        line.GetProperty("pairs").GetInt32(), line.GetProperty("negatives").GetInt32(), line.GetProperty("unchanged").GetDouble(),
        line.GetProperty("refused").EnumerateObject().ToDictionary(r => r.Name, r => r.Value.GetInt32(), StringComparer.Ordinal), line.GetProperty("file").GetString()!);
}

/// <summary>A held-out evaluation; <c>Averaged</c> says whether the score is the averaged parameters'.</summary>
internal sealed record HistoryEvaluation(long Step, int Epoch, HeldOutScore Score, bool Best, bool Averaged, IReadOnlyList<string> Warnings)
{
    public static HistoryEvaluation Read(JsonElement line)
    {
        HeldOutDetail? detail = line.TryGetProperty("recall@5", out var recall)
            ? new HeldOutDetail(line.GetProperty("questions").GetInt32(), recall.GetDouble(), [.. line.GetProperty("cohorts").EnumerateObject().SelectMany(a => a.Value.EnumerateObject().Select(v => ReadCohort(a.Name, v)))])
            : null;
        return new(line.GetProperty("step").GetInt64(), line.GetProperty("epoch").GetInt32(),
            new HeldOutScore(line.GetProperty("ndcg@10").GetDouble(), HistoryStep.Number(line, "margin_mean")) { Detail = detail },
            line.GetProperty("best").GetBoolean(), line.TryGetProperty("candidate", out var candidate) && candidate.GetString() == "average",
            line.TryGetProperty("warnings", out var warnings) ? [.. warnings.EnumerateArray().Select(w => w.GetString()!)] : []);
    }

    private static HeldOutCohort ReadCohort(string attribute, JsonProperty value) => new(attribute, value.Name, value.Value.GetProperty("n").GetInt32(),
        value.Value.GetProperty("ndcg@10").GetDouble(), value.Value.GetProperty("recall@5").GetDouble(), HistoryStep.Number(value.Value, "margin_mean"),
        value.Value.TryGetProperty("protected", out var isProtected) && isProtected.GetBoolean());
}
