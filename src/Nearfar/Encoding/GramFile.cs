using System.Buffers;
using System.Text.Json;
using Nearfar.Text;

namespace Nearfar.Encoding;

/// <summary><c>grams.json</c> of a model folder: the options of its <see cref="GramTokenizer"/>.</summary>
internal static class GramFile
{
    public const string Name = "grams.json";

    // Absent where it is false: folders written before it have no such member.
    private const string AllWords = "all_words";

    private static readonly string[] s_numbers = ["buckets", "max", "max_tokens", "min"];
    private static readonly string[] s_flags = ["characters", "word_pairs"];

    public static ReadOnlyMemory<byte> Bytes(GramTokenizer tokenizer)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            tokenizer.Write(writer);
        }

        bytes.Write("\n"u8);
        return bytes.WrittenMemory;
    }

    public static GramTokenizer Read(string path, Tokenizer inner)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = json.RootElement;
            string[] known = [.. s_numbers, .. s_flags];
            string[] found = root.ValueKind == JsonValueKind.Object ? [.. root.EnumerateObject().Select(p => p.Name)] : [];
            bool all = found.Contains(AllWords) && root.GetProperty(AllWords).GetBoolean();
            if (found.Except([AllWords], StringComparer.Ordinal).Count() != known.Length || known.Except(found, StringComparer.Ordinal).Any())
            {
                throw new NearfarException(path, 0, $"wanted exactly {string.Join(", ", known.Order(StringComparer.Ordinal))}, found {string.Join(", ", found)}.");
            }

            var options = new GramOptions
            {
                AllWords = all,
                Buckets = root.GetProperty("buckets").GetInt32(),
                Min = root.GetProperty("min").GetInt32(),
                Max = root.GetProperty("max").GetInt32(),
                Characters = root.GetProperty("characters").GetBoolean(),
                WordPairs = root.GetProperty("word_pairs").GetBoolean(),
            };
            return new GramTokenizer(inner, options, root.GetProperty("max_tokens").GetInt32());
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or ArgumentException)
        {
            throw new NearfarException(path, 0, $"the parts of words cannot be read: {e.Message}", e);
        }
    }
}
