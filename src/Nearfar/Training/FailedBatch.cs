using System.Text.Json;

namespace Nearfar.Training;

/// <summary>A step whose loss or gradient is not finite: its batch and the state before it are written, so that it can be replayed.</summary>
internal static class FailedBatch
{
    public static NearfarException Write(RunFolder folder, TrainingRows rows, int[] batch, long step, int epoch, double loss, Action writeState)
    {
        string path = folder.PathOf("failed-batch.jsonl");
        writeState();
        AtomicFile.Write(path, stream =>
        {
            foreach (int row in batch)
            {
                using (var writer = new Utf8JsonWriter(stream))
                {
                    writer.WriteStartObject();
                    writer.WriteString("pair", rows.Rows[row].Pair.Id);
                    writer.WriteString("query", rows.Texts[rows.Rows[row].Anchor].Text);
                    writer.WriteString("positive_chunk", rows.Texts[rows.Rows[row].Positive].Text);
                    writer.WriteStartArray("hard_negative_chunk");
                    foreach (int text in rows.Rows[row].HardNegatives)
                    {
                        writer.WriteStringValue(rows.Texts[text].Text);
                    }

                    writer.WriteEndArray();
                    writer.WriteEndObject();
                }

                stream.WriteByte((byte)'\n');
            }
        });
        var ids = batch.Select(row => rows.Rows[row].Pair.Id).Distinct(StringComparer.Ordinal).ToList();
        return new NearfarException($"Step {step} (epoch {epoch}) gave loss {loss} and a gradient that {(double.IsFinite(loss) ? "is" : "may be")} not finite. " +
            $"Its {ids.Count} pairs are in {path}, the state before it in failed-checkpoint.bin. Lower the rate, or look at the pairs: {string.Join(", ", ids.Take(20))}{(ids.Count > 20 ? ", …" : "")}.");
    }
}
