using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Nearfar.Encoding;
using Nearfar.Tests.Pairs;
using Nearfar.Text;
using Xunit;

namespace Nearfar.Tests.Encoding;

/// <summary>A published model2vec model against a reading of its definition that shares no code with ours.</summary>
public class PotionTests
{
    private const int Dimensions = 128;

    [Fact]
    public void Encode_PotionBase4MInt8_IsWhatItsDefinitionSays()
    {
        string folder = Folder();
        byte[] file = File.ReadAllBytes(Path.Combine(folder, "model.safetensors"));
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using var json = JsonDocument.Parse(file.AsMemory(8, header));
        var tensor = json.RootElement.GetProperty("embeddings");
        Assert.Equal("I8", tensor.GetProperty("dtype").GetString());
        int start = 8 + header + tensor.GetProperty("data_offsets")[0].GetInt32();
        using var tokenizer = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")));
        var vocabulary = tokenizer.RootElement.GetProperty("model").GetProperty("vocab").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt32(), StringComparer.Ordinal);

        var encoder = StaticEncoder.Load(folder);
        var buffer = new TokenBuffer();
        float[] into = new float[Dimensions];
        double worst = 0;
        foreach (string text in Texts())
        {
            double[] sum = new double[Dimensions];
            foreach (int id in Pieces(text, vocabulary).Take(512))
            {
                for (int i = 0; i < Dimensions; i++)
                {
                    sum[i] += (sbyte)file[start + (id * Dimensions) + i];
                }
            }

            double length = Math.Sqrt(sum.Sum(x => x * x));
            encoder.Encode(text, TextRole.Query, into, buffer);
            for (int i = 0; i < Dimensions; i++)
            {
                worst = Math.Max(worst, Math.Abs(into[i] - (length == 0 ? 0 : sum[i] / length)));
            }
        }

        Assert.InRange(worst, 0, 1e-6);
    }

    [Fact]
    public void Save_PotionInTheOtherLayout_KeepsItsSpace()
    {
        var encoder = StaticEncoder.Load(Folder());
        using var folder = new Folder();
        StaticModelFolder.Save(folder["m"], encoder, SmallModels.ManifestOf(encoder), "");
        var read = StaticEncoder.Load(folder["m"]);
        Assert.Equal(encoder.Space.Id, read.Space.Id);
        Assert.True(encoder.TokenRows.Data.Span.SequenceEqual(read.TokenRows.Data.Span));
    }

    private static string Folder()
    {
        string? data = Environment.GetEnvironmentVariable("NEARFAR_DATA");
        Assert.SkipWhen(data is null, "NEARFAR_DATA is not set: the published model is not here");
        return Path.Combine(data!, "models", "potion-base-4M-int8");
    }

    private static IEnumerable<string> Texts()
    {
        yield return "";
        yield return "Ünïcödé naïve café — “quotes”, e-mail@example.com; 3.14 % 日本 zzzzqqqq";
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(Environment.GetEnvironmentVariable("NEARFAR_DATA")!, "intents", "banking77.jsonl.gz")), CompressionMode.Decompress));
        var all = new StringBuilder();
        for (int i = 0; i < 300; i++)
        {
            string text = JsonDocument.Parse(reader.ReadLine()!).RootElement.GetProperty("text").GetString()!;
            all.Append(text).Append('\n');
            yield return text;
        }

        yield return all.ToString();        // beyond the cut of 512 tokens
    }

    // BertNormalizer, BertPreTokenizer and WordPiece for texts of Latin letters and Han.
    private static IEnumerable<int> Pieces(string text, Dictionary<string, int> vocabulary)
    {
        var spaced = new StringBuilder();
        foreach (var rune in text.Normalize(NormalizationForm.FormD).EnumerateRunes().Where(r => Rune.GetUnicodeCategory(r) != UnicodeCategory.NonSpacingMark))
        {
            bool alone = (rune.IsAscii && !Rune.IsLetterOrDigit(rune) && rune.Value > 32) || Rune.IsPunctuation(rune) || rune.Value is >= 0x4E00 and <= 0x9FFF;
            spaced.Append(alone ? $" {rune} " : Rune.ToLowerInvariant(rune).ToString());
        }

        foreach (string word in spaced.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var ids = new List<int>();
            int at = 0;
            while (at < word.Length)
            {
                int end = word.Length;
                while (end > at && !vocabulary.ContainsKey((at > 0 ? "##" : "") + word[at..end]))
                {
                    end--;
                }

                if (end == at)
                {
                    ids.Clear();        // an unknown word is dropped whole
                    break;
                }

                ids.Add(vocabulary[(at > 0 ? "##" : "") + word[at..end]]);
                at = end;
            }

            foreach (int id in ids)
            {
                yield return id;
            }
        }
    }
}
