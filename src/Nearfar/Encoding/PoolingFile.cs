using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nearfar.Encoding;

/// <summary><c>pooling.json</c> of a model folder: how much a token counts, where that is not by its number.</summary>
internal static class PoolingFile
{
    public const string Name = "pooling.json";

    private const string Frequency = "term_frequency";

    private const string Field = "of";

    private const string TitleField = "title";

    private const string Wanted = "{\"term_frequency\": count, root or once}, {\"lead\": {\"tokens\": 1 to 4096, \"weight\": 2 to 64}} (of a title with \"of\": \"title\") or both";

    /// <summary>Whether the options pool otherwise than by the plain mean, so that the file is needed.</summary>
    public static bool IsNeeded(StaticEncoderOptions options) => options.TermFrequency != TermFrequency.Count || options.Lead is not null;

    public static string Text(StaticEncoderOptions options)
    {
        var json = new JsonObject();
        if (options.Lead is { } lead)
        {
            var of = lead.Of == LeadField.Title ? new JsonObject { [Field] = TitleField } : [];      // nothing new of a beginning: folders stay byte for byte
            of["tokens"] = lead.Tokens;
            of["weight"] = lead.Weight;
            json["lead"] = of;
        }

        if (options.TermFrequency != TermFrequency.Count)
        {
            json[Frequency] = options.TermFrequency.Word();
        }

        return json.ToJsonString() + "\n";
    }

    /// <summary>The same options with what the file says, when there is one.</summary>
    public static StaticEncoderOptions Read(string path, StaticEncoderOptions options)
    {
        if (!File.Exists(path))
        {
            return options;
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return Parse(json.RootElement, options) ?? throw new NearfarException(path, 0, $"wanted {Wanted}, found {json.RootElement.GetRawText()[..Math.Min(200, json.RootElement.GetRawText().Length)]}.");
        }
        catch (JsonException e)
        {
            throw new NearfarException(path, (e.LineNumber ?? -1) + 1, $"not JSON: {e.Message}", e);
        }
    }

    // Null: something in it is missing, unknown or out of range.
    private static StaticEncoderOptions? Parse(JsonElement root, StaticEncoderOptions options)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.EnumerateObject().Any())
        {
            return null;
        }

        foreach (var field in root.EnumerateObject())
        {
            if (field.Name == "lead" && LeadOf(field.Value) is { } lead)
            {
                options = options with { Lead = lead };
            }
            else if (field.Name == Frequency && field.Value.ValueKind == JsonValueKind.String && Enum.GetValues<TermFrequency>().Where(f => f.Word() == field.Value.GetString()).ToArray() is [var frequency])
            {
                options = options with { TermFrequency = frequency };
            }
            else
            {
                return null;
            }
        }

        return options;
    }

    private static LeadOptions? LeadOf(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        bool title = json.TryGetProperty(Field, out var of);
        return (!title || (of.ValueKind == JsonValueKind.String && of.ValueEquals(TitleField))) && json.EnumerateObject().Count() == (title ? 3 : 2)
            && Integer(json, "tokens") is { } tokens && Integer(json, "weight") is { } weight
            && new LeadOptions { Of = title ? LeadField.Title : LeadField.Beginning, Tokens = tokens, Weight = weight } is var lead && lead.Problems().Count == 0 ? lead : null;
    }

    private static int? Integer(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : null;
}
