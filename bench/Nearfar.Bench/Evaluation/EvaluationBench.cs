using System.Diagnostics;
using System.Globalization;
using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Geometry;
using Nearfar.Pairs;
using Nearfar.Text;
using Nearfar.Training;
using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Evaluation;

/// <summary>Wall time of a whole evaluation on seeded made-up texts: judged set, encoding, exact search, report, file.</summary>
internal static class EvaluationBench
{
    private const int Words = 20_000;
    private const int NegativesOfEach = 4;

    /// <param name="args">Questions (10,000), documents (100,000), dimensions (256).</param>
    /// <param name="output">Receives a Markdown table.</param>
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        int[] sizes = [.. args.Select(a => int.Parse(a, CultureInfo.InvariantCulture))];
        int questions = sizes.ElementAtOrDefault(0) is > 0 and var q ? q : 10_000;
        int documents = sizes.ElementAtOrDefault(1) is > 0 and var n ? n : 100_000;
        int dimensions = sizes.ElementAtOrDefault(2) is > 0 and var d ? d : 256;
        var (corpus, pairs) = Texts(questions, documents);
        var tokenizer = TokenizerTrainer.Train(TokenizerKind.WordPiece, 8000, [.. corpus.Documents.Take(5000).Select(x => x.Text)]);
        var start = StaticStart.Random(tokenizer, dimensions, 1);
        var encoder = new StaticEncoder(tokenizer, new Vectors.Rows<float>(start.Rows.ToArray(), tokenizer.VocabularySize, dimensions, dimensions));
        _ = encoder.Space;

        var stages = new List<(string Name, double Seconds, double Cpu)>();
        var set = Timed("judged set: clusters, folds, cohorts, hash", () => new JudgedSetBuilder(corpus, DocumentClusters.Of(corpus, pairs)) { Rules = [new CohortRule { Attribute = "language" }, new CohortRule { Attribute = "query_length", From = "query.words", Edges = [10] }] }.Gate(pairs));
        var options = new EvaluationOptions();
        JudgedSetCheck.ThrowUnlessSound(set);
        var rows = Timed("texts to vectors", () => EncodedSet.EncodeAsync(encoder, set, options.Batch, CancellationToken.None).AsTask().GetAwaiter().GetResult());
        var hits = Timed("exact search, 100 ranks", () => rows.Rank(corpus, options.Depth, CancellationToken.None));
        var background = Timed("background", () => Background.Draw(rows, set, options, encoder.Temperature));
        var geometry = Timed("geometry of the space", () => SpaceGeometryMeasure.Of(rows, set, hits, options));
        var report = Timed("measures, cohorts, intervals", () => new ReportBuilder(set, options) { Label = "bench", Space = encoder.Space, Background = background, Geometry = geometry, Rows = rows }.Build(hits));
        string file = Path.GetTempFileName();
        Timed("report.json", () =>
        {
            EvalReportJson.Save(file, report);
            return 0;
        });
        long bytes = new FileInfo(file).Length;
        File.Delete(file);

        // The stages above are the evaluator's own; the whole of it once more, warm, as a caller meets it.
        long begin = Stopwatch.GetTimestamp();
        var whole = await new Evaluator(options).EvaluateAsync(encoder, set);
        double again = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        if (whole.ComputeHash() != (report with { Label = whole.Label }).ComputeHash())
        {
            throw new InvalidOperationException("The stages and the whole gave two reports.");
        }

        double total = stages.Sum(s => s.Seconds);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{questions:N0} questions, {documents:N0} documents, d = {dimensions}. {Machine.Name()}.\n"));
        output.WriteLine("| Stage | Seconds | Processor seconds | Share |\n|---|---|---|---|");
        foreach (var (name, seconds, cpu) in stages)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {seconds:F2} | {cpu:F2} | {seconds / total:P0} |"));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| **all, first run of the process** | **{total:F2}** | {stages.Sum(s => s.Cpu):F2} | |\n| `Evaluator` once more, warm, without set and file | {again:F2} | | |"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nreport.json: {bytes / 1e6:F0} MB. Peak memory: {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:F0} MB."));
        return 0;

        T Timed<T>(string name, Func<T> work)
        {
            long from = Stopwatch.GetTimestamp();
            var cpu = Process.GetCurrentProcess().TotalProcessorTime;
            var result = work();
            stages.Add((name, Stopwatch.GetElapsedTime(from).TotalSeconds, (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds));
            return result;
        }
    }

    // Words of four to nine letters, frequent ones first; a question takes half its words from its document.
    private static (Corpus, Pair[]) Texts(int questions, int documents)
    {
        var random = new SeededRandom(1);
        string[] words = [.. Enumerable.Range(0, Words).Select(_ => new string([.. Enumerable.Range(0, 4 + random.Below(6)).Select(_ => (char)('a' + random.Below(26)))]))];
        string Word() => words[(int)(Words * Math.Pow(random.Uniform(), 3))];
        var corpus = new Corpus(Enumerable.Range(0, documents).Select(i => new Document
        {
            Id = "d" + i.ToString("000000", CultureInfo.InvariantCulture),
            Text = string.Join(' ', Enumerable.Range(0, 40 + random.Below(40)).Select(_ => Word())),
        }));
        Pair[] pairs = [.. Enumerable.Range(0, questions).Select(i =>
        {
            var page = corpus.Documents[random.Below(documents)];
            string[] said = page.Text.Split(' ');
            return new Pair
            {
                Id = "q" + i.ToString("00000", CultureInfo.InvariantCulture),
                Query = string.Join(' ', Enumerable.Range(0, 6 + random.Below(8)).Select(w => w % 2 == 0 ? said[random.Below(said.Length)] : Word())),
                PositiveIds = [page.Id],
                HardNegatives = [.. Enumerable.Range(0, NegativesOfEach).Select(_ => corpus.Documents[random.Below(documents)].Id).Where(id => id != page.Id).Distinct(StringComparer.Ordinal).Select(id => new HardNegative(id))],
                Cohorts = new Dictionary<string, string>(StringComparer.Ordinal) { ["language"] = "l" + (i % 12) },
            };
        })];
        return (corpus, pairs);
    }
}
