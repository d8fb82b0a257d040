using System.Globalization;
using System.Text.Json;

namespace Nearfar.Training;

/// <summary>The lines of a run: <c>history.jsonl</c>, which <see cref="TrainingHistory"/> reads back, and <c>timing.jsonl</c>. A line is in its file when a method returns.</summary>
/// <param name="history">Positioned at its end; stays the caller's.</param>
/// <param name="timing">The same.</param>
/// <remarks>Every method throws <see cref="NearfarException"/> when its line cannot be written.</remarks>
internal sealed class HistoryWriter(FileStream history, FileStream timing)
{
    /// <summary>The first line: what is trained on what.</summary>
    public void WriteStart(IEnumerable<KeyValuePair<string, string>> identity, long rows, long steps, IReadOnlyList<string> leftOut, IReadOnlyList<string> notes) => WriteLine(history, w =>
    {
        w.WriteString("kind", "start");
        w.WriteNumber("rows", rows);
        w.WriteNumber("steps", steps);
        w.WriteStartArray("left_out");
        foreach (string id in leftOut)
        {
            w.WriteStringValue(id);
        }

        w.WriteEndArray();
        if (notes.Count > 0)
        {
            w.WriteStartArray("notes");
            foreach (string note in notes)
            {
                w.WriteStringValue(note);
            }

            w.WriteEndArray();
        }

        foreach (var (name, value) in identity)
        {
            w.WriteString(name, value);
        }
    });

    public void WriteStep(HistoryStep line, double absent, IEnumerable<(string Attribute, IEnumerable<(string Value, int Rows)> Values)> cohorts) => WriteLine(history, w =>
    {
        w.WriteString("kind", "step");
        w.WriteNumber("step", line.Step);
        w.WriteNumber("epoch", line.Epoch);
        w.WriteNumber("loss", line.Loss);
        w.WriteNumber("rate", line.Rate);
        w.WriteNumber("pairs", line.Pairs);
        if (line.DataSet is { } set)
        {
            w.WriteString("data_set", set);
        }

        w.WriteNumber("masked", line.Masked ?? 0);
        w.WriteNumber("absent", absent);
        if (line.Facts is { } facts)
        {
            w.WriteNumber("accuracy", facts.Accuracy);
            w.WriteNumber("alignment", facts.Alignment);
            Optional(w, "uniformity", facts.Uniformity);
            Optional(w, "likely_false_negatives", facts.LikelyFalseNegatives);
        }

        w.WriteStartObject("cohorts");
        foreach (var (attribute, values) in cohorts)
        {
            w.WriteStartObject(attribute);
            foreach (var (value, rows) in values)
            {
                w.WriteNumber(value, rows);
            }

            w.WriteEndObject();
        }

        w.WriteEndObject();
    });

    public void WriteEvaluation(HistoryEvaluation line) => WriteLine(history, w =>
    {
        w.WriteString("kind", "evaluation");
        w.WriteNumber("step", line.Step);
        w.WriteNumber("epoch", line.Epoch);
        w.WriteNumber("ndcg@10", line.Score.Ndcg10);
        Optional(w, "margin_mean", line.Score.Margin);
        w.WriteBoolean("best", line.Best);
        if (line.Averaged)
        {
            w.WriteString("candidate", "average");
        }

        if (line.Score.Detail is { } detail)
        {
            w.WriteNumber("questions", detail.Questions);
            w.WriteNumber("recall@5", detail.Recall5);
            WriteCohorts(w, detail.Cohorts);
        }

        if (line.Warnings.Count > 0)
        {
            w.WriteStartArray("warnings");
            foreach (string warning in line.Warnings)
            {
                w.WriteStringValue(warning);
            }

            w.WriteEndArray();
        }
    });

    /// <summary>A mining whose negatives come into force.</summary>
    public void WriteMined(HistoryMining line) => WriteLine(history, w =>
    {
        w.WriteString("kind", "mined");
        w.WriteNumber("mined_at", line.MinedAt);
        w.WriteNumber("step", line.Step);
        w.WriteString("space", line.Space);
        w.WriteNumber("pairs", line.Pairs);
        w.WriteNumber("negatives", line.Negatives);
        w.WriteNumber("unchanged", Math.Round(line.Unchanged, 4));
        w.WriteStartObject("refused");
        foreach (var (rule, count) in line.Refused)
        {
            w.WriteNumber(rule, count);
        }

        w.WriteEndObject();
        w.WriteString("file", line.File);
    });

    /// <summary>The last line of a run that patience ended.</summary>
    public void WriteStopped(long step, int patience) => WriteLine(history, w =>
    {
        w.WriteString("kind", "stopped");
        w.WriteNumber("step", step);
        w.WriteString("why", $"{patience} held-out evaluations without a better one");
    });

    /// <summary>Wall-clock values, kept apart: they differ between equal runs.</summary>
    public void WriteTiming(DateTimeOffset now, long step, double pairsPerSecond) => WriteLine(timing, w =>
    {
        w.WriteString("time", now.ToString("O", CultureInfo.InvariantCulture));
        w.WriteNumber("step", step);
        w.WriteNumber("pairs_per_second", Math.Round(pairsPerSecond, 1));
    });

    private static void WriteCohorts(Utf8JsonWriter w, IReadOnlyList<HeldOutCohort> cohorts)
    {
        w.WriteStartObject("cohorts");
        foreach (var attribute in cohorts.GroupBy(c => c.Attribute, StringComparer.Ordinal))
        {
            w.WriteStartObject(attribute.Key);
            foreach (var cohort in attribute)
            {
                w.WriteStartObject(cohort.Value);
                w.WriteNumber("n", cohort.Questions);
                w.WriteNumber("ndcg@10", cohort.Ndcg10);
                w.WriteNumber("recall@5", cohort.Recall5);
                Optional(w, "margin_mean", cohort.Margin);
                if (cohort.Protected)
                {
                    w.WriteBoolean("protected", true);
                }

                w.WriteEndObject();
            }

            w.WriteEndObject();
        }

        w.WriteEndObject();
    }

    private static void Optional(Utf8JsonWriter w, string name, double? value)
    {
        if (value is { } number)
        {
            w.WriteNumber(name, number);
        }
    }

    private static void WriteLine(FileStream to, Action<Utf8JsonWriter> write)
    {
        using var line = new MemoryStream();
        using (var writer = new Utf8JsonWriter(line))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        try
        {
            to.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
            to.Flush();
        }
        catch (IOException e)
        {
            throw RunFolder.Unwritable(to.Name, e);
        }
    }
}
