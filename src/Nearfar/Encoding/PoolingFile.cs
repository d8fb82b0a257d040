using System.Text.Json;

namespace Nearfar.Encoding;

/// <summary><c>pooling.json</c> of a model folder: how much a repeated token counts, where it is not by its number.</summary>
internal static class PoolingFile
{
    public const string Name = "pooling.json";

    private const string Key = "term_frequency";

    public static string Text(TermFrequency frequency) => $$"""{"{{Key}}":"{{frequency.Word()}}"}""" + "\n";

    public static TermFrequency Read(string path)
    {
        if (!File.Exists(path))
        {
            return TermFrequency.Count;
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = json.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.EnumerateObject().Count() == 1 && root.TryGetProperty(Key, out var value) && value.ValueKind == JsonValueKind.String)
            {
                foreach (var frequency in Enum.GetValues<TermFrequency>().Where(f => f.Word() == value.GetString()))
                {
                    return frequency;
                }
            }

            throw new NearfarException(path, 0, $"wanted {{\"{Key}\": count, root or once}}, found {root.GetRawText()[..Math.Min(200, root.GetRawText().Length)]}.");
        }
        catch (JsonException e)
        {
            throw new NearfarException(path, (e.LineNumber ?? -1) + 1, $"not JSON: {e.Message}", e);
        }
    }
}
