using System.Text.Json;

namespace Nearfar.Training;

/// <summary>A step whose loss or gradient is not finite: its batch and the state before it are written, so that it can be replayed.</summary>
internal static class FailedBatch
{
    public static NearfarException Write(RunFolder folder, IEnumerable<BatchTexts> batch, long step, int epoch, double loss, Action writeState)
    {
        string path = folder.PathOf("failed-batch.jsonl");
        writeState();
        var ids = new List<string>();
        AtomicFile.Write(path, stream =>
        {
            foreach (var row in batch)
            {
                using (var writer = new Utf8JsonWriter(stream))
                {
                    writer.WriteStartObject();
                    writer.WriteString("pair", row.Pair);
                    writer.WriteString("query", row.Query);
                    writer.WriteString("positive_chunk", row.Positive);
                    writer.WriteStartArray("hard_negative_chunk");
                    foreach (string text in row.HardNegatives)
                    {
                        writer.WriteStringValue(text);
                    }

                    writer.WriteEndArray();
                    writer.WriteEndObject();
                }

                stream.WriteByte((byte)'\n');
                ids.Add(row.Pair);
            }
        });
        ids = [.. ids.Distinct(StringComparer.Ordinal)];
        return new NearfarException($"Step {step} (epoch {epoch}) gave loss {loss} and a gradient that {(double.IsFinite(loss) ? "is" : "may be")} not finite. " +
            $"Its {ids.Count} pairs are in {path}, the state before it in failed-checkpoint.bin. Lower the rate, or look at the pairs: {string.Join(", ", ids.Take(20))}{(ids.Count > 20 ? ", …" : "")}.");
    }
}
