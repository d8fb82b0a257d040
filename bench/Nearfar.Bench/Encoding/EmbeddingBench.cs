using System.Diagnostics;
using System.Globalization;
using Nearfar.Bench.Data;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Text;
using Nearfar.Training;

namespace Nearfar.Bench.Encoding;

/// <summary>Texts a second from text to unit vector on one thread, beside its two parts: tokens alone, and rows looked up and added alone.</summary>
internal static class EmbeddingBench
{
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(8);

    /// <param name="args">Dimensions; 256 without.</param>
    /// <param name="output">Receives a Markdown table.</param>
    public static Task<int> Run(string[] args, TextWriter output)
    {
        int dimensions = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 256;
        string root = DataRows.Root();
        var tokenizer = Tokenizer.Load(Path.Combine(root, "models", "potion-base-4M-int8", "tokenizer.json"));
        var start = StaticStart.Random(tokenizer, dimensions, 1);
        var encoder = new StaticEncoder(tokenizer, new Vectors.Rows<float>(start.Rows.ToArray(), tokenizer.VocabularySize, dimensions, dimensions));
        string[] texts = [.. DataRows.Read(Path.Combine(root, "intents", "banking77.jsonl.gz")).Select(r => r["text"]).Where(t => t.Length < 90).Take(8000)];
        float[] row = new float[dimensions];
        var buffer = new TokenBuffer();
        int[][] ids = [.. texts.Select(t =>
        {
            encoder.Tokenise(t, TextRole.Query, buffer);
            return buffer.Ids.ToArray();
        })];

        (string Name, Action<int> Work)[] parts =
        [
            ("text to vector", i => encoder.Encode(texts[i], TextRole.Query, row, buffer)),
            ("tokens alone", i => encoder.Tokenise(texts[i], TextRole.Query, buffer)),
            ("lookup alone: rows added, scaled to length 1", i => encoder.Pool(ids[i], row)),
        ];
        double[] best = [.. parts.Select(_ => double.PositiveInfinity)];
        var rounds = parts.Select(_ => new List<double>()).ToArray();
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < s_least)
        {
            for (int p = 0; p < parts.Length; p++)      // in turn, so that a busy spell of the machine meets all
            {
                long from = Stopwatch.GetTimestamp();
                for (int i = 0; i < texts.Length; i++)
                {
                    parts[p].Work(i);
                }

                double seconds = Stopwatch.GetElapsedTime(from).TotalSeconds;
                best[p] = Math.Min(best[p], seconds);
                rounds[p].Add(seconds);
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{texts.Length:N0} questions of {texts.Average(t => t.Length):F0} characters and {ids.Average(x => x.Length):F1} tokens, vocabulary {tokenizer.VocabularySize:N0}, d = {dimensions}, one thread. {Machine.Name()}.\n"));
        output.WriteLine("| | Texts/s, best round | median round | Nanoseconds a text, best |\n|---|---|---|---|");
        for (int p = 0; p < parts.Length; p++)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {parts[p].Name} | {texts.Length / best[p]:N0} | {texts.Length / rounds[p].Order().ElementAt(rounds[p].Count / 2):N0} | {best[p] / texts.Length * 1e9:F0} |"));
        }

        return Task.FromResult(0);
    }
}
