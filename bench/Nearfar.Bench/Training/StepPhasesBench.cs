using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Nearfar.Encoding;
using Nearfar.Text;
using Nearfar.Training;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Bench.Training;

/// <summary>Where a step's time goes: forward, loss, update, each by itself, and the floor that this machine's arithmetic and memory set.</summary>
/// <remarks>
/// Arguments: --dimensions 256 --batch 1024 --threads 1 --steps 100 --vocabulary 30000, and --pairs FILE --tokenizer FILE for real texts
/// instead of ones drawn by Zipf's law (12 to 36 tokens). Processor time of all threads together in milliseconds, the tenth percentile of the steps: what a
/// step takes when nothing else runs; wall time of the whole step beside it. The floor is 6 B² D operations at one core's rate of fused multiply-adds on
/// registers, and three arrays of the touched rows, read and written, at one core's rate of copying: as the distance is measured by one core's
/// time, it holds for any number of threads. The products' rate is that of A Bᵀ and of Gᵀ A on one thread, best of 20.
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
        double[][] times = [new double[steps], new double[steps], new double[steps], new double[steps]];
        for (int step = -20; step < steps; step++)
        {
            int[] inputs = [.. Enumerable.Range(0, batch).Select(i => 2 * (int)((((step + 20L) * batch) + i) * 7919 % (texts.Count / 2)))];
            inputs = [.. inputs, .. inputs.Select(i => i + 1)];
            var (columns, gradients) = buffers.For(2, batch);
            long wall = Stopwatch.GetTimestamp();
            var at = Environment.CpuUsage.TotalTime;
            encoder.Forward(inputs, buffers.Rows, ForwardMode.Record);
            var forward = Environment.CpuUsage.TotalTime;
            loss.Evaluate(new LossBatch<float>(columns, RowSide.Empty), gradients, new StepInfo(step + 21, 1, threads));
            var evaluated = Environment.CpuUsage.TotalTime;
            encoder.Backward(buffers.Gradients);
            encoder.Step(0.05);
            var updated = Environment.CpuUsage.TotalTime;
            if (step >= 0)
            {
                (times[0][step], times[1][step], times[2][step], times[3][step]) =
                    (Milliseconds(at, forward), Milliseconds(forward, evaluated), Milliseconds(evaluated, updated), Stopwatch.GetElapsedTime(wall).TotalMilliseconds);
            }
        }

        double[] low = [.. times.Select(Low)];
        double step1 = low[0] + low[1] + low[2], touched = TouchedRows(texts, tokenizer, batch), peak = MultiplyAddRate(), copy = CopyRate();
        double products = 6.0 * batch * batch * dimensions / peak / 1e6, memory = touched * dimensions * sizeof(float) * 6 / copy / 1e6;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{{\"dimensions\": {dimensions}, \"batch\": {batch}, \"threads\": {threads}, \"forward_ms\": {low[0]:F2}, \"loss_ms\": {low[1]:F2}, \"update_ms\": {low[2]:F2}, \"step_ms\": {step1:F2}, \"wall_ms\": {low[3]:F2}, \"touched_rows\": {touched:F0}, \"multiply_add_gflops\": {peak:F0}, \"copy_gbs\": {copy:F0}, \"floor_ms\": {products + memory:F2}, \"floor_ratio\": {step1 / (products + memory):F2}, \"product_gflops\": {ProductRate(batch, dimensions, transpose: false):F0}, \"transposed_product_gflops\": {ProductRate(batch, dimensions, transpose: true):F0}}}"));
        if (StaticTrainingBench.Value(args, "hash", "") == "yes")
        {
            using var state = new MemoryStream();
            encoder.Save(state);
            await output.WriteLineAsync(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(state.GetBuffer().AsSpan(0, (int)state.Length))));
        }

        return 0;
    }

    // Rows that a batch of the middle touches.
    private static double TouchedRows(List<TrainingText> texts, ITokenizer tokenizer, int batch)
    {
        var bags = TokenBags.From(texts, tokenizer, new StaticEncoderOptions { MaxTokens = 256 });
        var rows = new HashSet<int>();
        for (int i = 0; i < batch; i++)
        {
            int text = 2 * (int)(((20L * batch) + i) * 7919 % (texts.Count / 2));
            rows.UnionWith(bags.Entries[bags.Offsets[text]..bags.Offsets[text + 2]].Select(e => e.Row));
        }

        return rows.Count;
    }

    // Of one product alone, blocks of 64 rows on one thread.
    private static double ProductRate(int batch, int dimensions, bool transpose)
    {
        int stride = batch + 16;
        var (a, packed, c) = (AlignedMemory.Allocate(batch * dimensions), AlignedMemory.Allocate(MatrixKernels.PackedLength(batch, dimensions)), AlignedMemory.Allocate(batch * stride));
        a.Span.Fill(0.5f);
        MatrixKernels.PackTransposed(a.Span, batch, dimensions, dimensions, packed.Span);
        double best = Best(() =>
        {
            for (int first = 0; first < batch; first += Blocks.Rows)
            {
                int rows = Math.Min(Blocks.Rows, batch - first);
                if (transpose)
                {
                    MatrixKernels.Multiply(c.Span[first..], rows, batch, stride, packed.Span, dimensions, a.Span[(first * dimensions)..], dimensions, transposeA: true);
                }
                else
                {
                    MatrixKernels.Multiply(a.Span[(first * dimensions)..], rows, dimensions, dimensions, packed.Span, batch, c.Span[(first * stride)..], stride);
                }
            }
        });
        return 2.0 * batch * batch * dimensions / best / 1e9;
    }

    private static double MultiplyAddRate()
    {
        const int Rounds = 200_000;
        double best = Best(() => MultiplyAdds(Rounds));
        return Rounds * 12.0 * Vector512<float>.Count * 2 / best / 1e9;
    }

    // Twelve chains: enough for two units of a latency of four.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float MultiplyAdds(int rounds)
    {
        Vector512<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default, i = default, j = default, k = default, l = default;
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(0.001f);
        for (int round = 0; round < rounds; round++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
            k = Vector512.FusedMultiplyAdd(k, x, y);
            l = Vector512.FusedMultiplyAdd(l, x, y);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    // Bytes read and written, beyond the second-level cache.
    private static double CopyRate()
    {
        float[] from = new float[8 << 20], to = new float[8 << 20];
        return 2.0 * sizeof(float) * from.Length / Best(() => from.CopyTo(to, 0)) / 1e9;
    }

    // Processor seconds: on a busy machine wall time measures the others.
    private static double Best(Action run)
    {
        double best = double.MaxValue;
        for (int i = 0; i < 20; i++)
        {
            var at = Environment.CpuUsage.TotalTime;
            run();
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - at).TotalSeconds);
        }

        return best;
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

    private static double Milliseconds(TimeSpan from, TimeSpan to) => (to - from).TotalMilliseconds;

    private static double Low(double[] values) => values.Order().ElementAt(values.Length / 10);
}
