using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Tokenizers;
using Nearfar.Text;

namespace Nearfar.Bench.Text;

/// <summary>Texts a second on one thread, tokenising alone: short questions and passages of 2 kB, beside Microsoft.ML.Tokenizers.</summary>
internal static class TokenizerBench
{
    private const int PassageLength = 2000;
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(1.5);

    /// <param name="args">A tokenizer.json to measure instead of the usual one.</param>
    /// <param name="output">Receives a Markdown table.</param>
    public static Task<int> Run(string[] args, TextWriter output)
    {
        string? data = Environment.GetEnvironmentVariable("NEARFAR_DATA");
        if (data is null)
        {
            Console.Error.WriteLine("NEARFAR_DATA is not set: the measurement needs the tokenizers and texts of the data folder.");
            return Task.FromResult(1);
        }

        string path = args.Length > 0 ? args[0] : Path.Combine(data, "models", "potion-base-4M-int8", "tokenizer.json");
        var ours = Nearfar.Text.Tokenizer.Load(path);
        string[] questions = [.. Rows(Path.Combine(data, "intents", "banking77.jsonl.gz"), "text").Where(q => q.Length < 90).Take(8000)];
        string[] passages = Passages(Rows(Path.Combine(data, "retrieval", "medquad", "qa.jsonl.gz"), "answer"));
        var theirs = args.Length == 0 ? Peer(ours) : null;
        output.WriteLine("| Tokenizer | Texts | Tokens a text | Texts/s | MB/s | Bytes allocated a text |\n|---|---|---|---|---|---|");
        foreach (var (name, texts) in ((string, string[])[])[("questions", questions), ("2 kB passages", passages)])
        {
            var buffer = new TokenBuffer();
            Measure(output, "Nearfar", name, texts, text =>
            {
                buffer.Clear();
                ours.Encode(text, buffer);
                return buffer.Count;
            });
            if (theirs is not null)
            {
                Measure(output, "Microsoft.ML.Tokenizers", name, texts, text => theirs.EncodeToIds(text, addSpecialTokens: false).Count);
            }
        }

        return Task.FromResult(0);
    }

    private static void Measure(TextWriter output, string tokenizer, string name, string[] texts, Func<string, int> encode)
    {
        long tokens = texts.Sum(t => (long)encode(t));
        double best = double.PositiveInfinity;
        long allocated = 0;
        var clock = Stopwatch.StartNew();
        for (int round = 0; round < 5 || clock.Elapsed < s_least; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            foreach (string text in texts)
            {
                encode(text);
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        double megabytes = texts.Sum(t => (double)System.Text.Encoding.UTF8.GetByteCount(t)) / 1e6;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {tokenizer} | {name} | {(double)tokens / texts.Length:F1} | {texts.Length / best:N0} | {megabytes / best:F0} | {allocated / texts.Length} |"));
    }

    private static BertTokenizer Peer(Nearfar.Text.Tokenizer ours)
    {
        var vocabulary = new StringBuilder();
        for (int id = 0; id < ours.VocabularySize; id++)
        {
            vocabulary.Append(ours.TokenOf(id)).Append('\n');
        }

        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(vocabulary.ToString()));
        return BertTokenizer.Create(stream, new BertOptions { RemoveNonSpacingMarks = true });
    }

    private static string[] Passages(IEnumerable<string> answers)
    {
        string joined = string.Join(' ', answers.Take(1500));
        return [.. joined.Chunk(PassageLength).Where(c => c.Length == PassageLength).Take(500).Select(c => new string(c))];
    }

    private static IEnumerable<string> Rows(string path, string member)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            using var row = JsonDocument.Parse(line);
            yield return row.RootElement.GetProperty(member).GetString()!;
        }
    }
}
