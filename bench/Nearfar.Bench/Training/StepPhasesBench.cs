using System.Diagnostics;
using System.Globalization;
using Nearfar.Encoding;
using Nearfar.Text;
using Nearfar.Training;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Bench.Training;

/// <summary>Where a step's time goes: forward, loss, update, each by itself, and the matrix products alone.</summary>
/// <remarks>
/// Arguments: --dimensions 256 --batch 1024 --threads 1 --steps 100 --vocabulary 30000, and --pairs FILE --tokenizer FILE for real texts
/// instead of ones drawn by Zipf's law (12 to 36 tokens). Wall time in milliseconds, the tenth percentile of the steps: what a step takes when
/// nothing else runs. The rate is that of one product A Bᵀ on the same threads, best of 20.
/// </remarks>
internal static class StepPhasesBench
{
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        int dimensions = Number(args, "dimensions", 256), batch = Number(args, "batch", 1024), threads = Number(args, "threads", 1), steps = Number(args, "steps", 100);
        string pairs = StaticTrainingBench.Value(args, "pairs", "");
        var (texts, tokenizer) = pairs.Length > 0 ? Real(pairs, StaticTrainingBench.Value(args, "tokenizer", "")) : Drawn(Number(args, "vocabulary", 30000), 40 * batch);
        var encoder = StaticStart.Random(tokenizer, dimensions, 1, new StaticEncoderOptions { MaxTokens = 256 }).Begin(texts, threads);
        var buffers = new BatchBuffers(dimensions);
        var loss = new InfoNceLoss();
        var times = new double[3][];
        Array.ForEach([0, 1, 2], p => times[p] = new double[steps]);
        for (int step = -20; step < steps; step++)
        {
            int[] inputs = [.. Enumerable.Range(0, batch).Select(i => 2 * (int)((((step + 20L) * batch) + i) * 7919 % (texts.Count / 2)))];
            inputs = [.. inputs, .. inputs.Select(i => i + 1)];
            var (columns, gradients) = buffers.For(2, batch);
            long at = Stopwatch.GetTimestamp();
            encoder.Forward(inputs, buffers.Rows, ForwardMode.Record);
            long forward = Stopwatch.GetTimestamp();
            loss.Evaluate(new LossBatch<float>(columns, RowSide.Empty), gradients, new StepInfo(step + 21, 1, threads));
            long evaluated = Stopwatch.GetTimestamp();
            encoder.Backward(buffers.Gradients);
            encoder.Step(0.05);
            long updated = Stopwatch.GetTimestamp();
            if (step >= 0)
            {
                (times[0][step], times[1][step], times[2][step]) = (Milliseconds(at, forward), Milliseconds(forward, evaluated), Milliseconds(evaluated, updated));
            }
        }

        double[] low = [.. times.Select(Low)];
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{{\"dimensions\": {dimensions}, \"batch\": {batch}, \"threads\": {threads}, \"forward_ms\": {low[0]:F2}, \"loss_ms\": {low[1]:F2}, \"update_ms\": {low[2]:F2}, \"step_ms\": {low.Sum():F2}, \"product_gflops\": {ProductRate(batch, dimensions, threads):F0}}}"));
        if (StaticTrainingBench.Value(args, "hash", "") == "yes")
        {
            using var state = new MemoryStream();
            encoder.Save(state);
            await output.WriteLineAsync(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(state.GetBuffer().AsSpan(0, (int)state.Length))));
        }

        return 0;
    }

    // Rate of A Bᵀ alone, blocks of 64 rows on all threads, best of 20.
    private static double ProductRate(int batch, int dimensions, int threads)
    {
        var (a, packed, c) = (AlignedMemory.Allocate(batch * dimensions), AlignedMemory.Allocate(MatrixKernels.PackedLength(batch, dimensions)), AlignedMemory.Allocate(batch * (batch + 16)));
        a.Span.Fill(0.5f);
        MatrixKernels.PackTransposed(a.Span, batch, dimensions, dimensions, packed.Span);
        double best = double.MaxValue;
        for (int run = 0; run < 20; run++)
        {
            long at = Stopwatch.GetTimestamp();
            Blocks.Run(Blocks.Of(batch), threads, (block, _) => MatrixKernels.Multiply(a.Span[(block * Blocks.Rows * dimensions)..], Math.Min(Blocks.Rows, batch - (block * Blocks.Rows)), dimensions, dimensions,
                packed.Span, batch, c.Span[(block * Blocks.Rows * (batch + 16))..], batch + 16));
            best = Math.Min(best, Stopwatch.GetElapsedTime(at).TotalSeconds);
        }

        return 2.0 * batch * batch * dimensions / best / 1e9;
    }

    private static (List<TrainingText>, ITokenizer) Real(string pairs, string tokenizer)
    {
        var set = StaticTrainingBench.ReadPairs(pairs);
        var texts = new List<TrainingText>();
        foreach (var pair in set.Pairs)
        {
            texts.Add(new TrainingText(pair.Query, TextRole.Query));
            texts.Add(new TrainingText(set.Corpus[pair.PositiveIds[0]].Content, TextRole.Document));
        }

        return (texts, Tokenizer.Load(tokenizer));
    }

    private static (List<TrainingText>, ITokenizer) Drawn(int vocabulary, int count)
    {
        var random = SeededRandom.For(1, 0, "bench");
        double whole = Math.Log(vocabulary);
        var texts = new List<TrainingText>();
        for (int i = 0; i < count; i++)
        {
            int length = 12 + random.Below(25);
            var words = Enumerable.Range(0, length).Select(_ => (int)Math.Min(vocabulary - 1, Math.Exp(random.Uniform() * whole)));
            texts.Add(new TrainingText(string.Join(' ', words), i % 2 == 0 ? TextRole.Query : TextRole.Document));
        }

        return (texts, new NumberTokenizer(vocabulary));
    }

    private static int Number(string[] args, string name, int fallback) => int.Parse(StaticTrainingBench.Value(args, name, fallback.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

    private static double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;

    private static double Low(double[] values) => values.Order().ElementAt(values.Length / 10);
}
