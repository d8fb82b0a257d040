using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Nearfar.Encoding;
using Nearfar.Tests.Text;
using Nearfar.Tests.Vectors;
using Nearfar.Text;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Tests.Encoding;

/// <summary>A vocabulary of a dozen words with seeded rows, in memory and in both folder layouts.</summary>
internal static class SmallModels
{
    private static readonly string[] s_pieces = ["[UNK]", "refund", "annual", "plan", "where", "is", "my", "order", "##s", "日", "本", "late", "delivery"];

    public static JsonObject TokenizerFile => TokenizerJson.WordPiece(s_pieces);

    public static Tokenizer Tokenizer { get; } = TokenizerJson.Load(TokenizerFile);

    public static int Count => s_pieces.Length;

    public static float[] Values(int dimensions, ulong seed = 1)
    {
        var random = new SeededRandom(seed);
        float[] values = new float[Count * dimensions];
        for (int i = dimensions; i < values.Length; i++)      // row 0, the unknown token's, stays zero
        {
            values[i] = random.Bell();
        }

        return values;
    }

    public static StaticEncoder Encoder(int dimensions = 8, StaticEncoderOptions? options = null, ulong seed = 1) =>
        new(Tokenizer, new Rows<float>(Values(dimensions, seed), Count, dimensions, dimensions), options);

    /// <summary>Any text of known and unknown words.</summary>
    public static string Text(SeededRandom random)
    {
        string[] words = ["refund", "annual", "plans", "where", "is", "my", "order", "日本", "late", "delivery", "zebra", "?"];
        return string.Join(' ', Enumerable.Range(0, random.Below(12)).Select(_ => words[random.Below(words.Length)]));
    }

    public static ModelManifest ManifestOf(StaticEncoder encoder) => new()
    {
        Space = encoder.Space.Id,
        Name = encoder.Options.Label,
        Dimensions = encoder.Dimensions,
        MaxTokens = encoder.Options.MaxTokens,
    };

    /// <summary>A model2vec folder: tensors as given, the tokenizer beside them.</summary>
    public static void WriteModel2Vec(string folder, params (string Name, string Dtype, int[] Shape, byte[] Bytes)[] tensors)
    {
        var header = new JsonObject();
        int at = 0;
        foreach (var (name, dtype, shape, bytes) in tensors)
        {
            header[name] = new JsonObject { ["dtype"] = dtype, ["shape"] = new JsonArray([.. shape.Select(s => JsonValue.Create(s))]), ["data_offsets"] = new JsonArray(at, at + bytes.Length) };
            at += bytes.Length;
        }

        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), SafeTensorsFileTests.Compose(header.ToJsonString(), [.. tensors.SelectMany(t => t.Bytes)]));
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), TokenizerFile.ToJsonString());
    }

    public static byte[] Bytes<T>(IEnumerable<T> values) where T : unmanaged => MemoryMarshal.AsBytes(values.ToArray().AsSpan()).ToArray();
}
