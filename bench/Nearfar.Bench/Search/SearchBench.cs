using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Bench.Search;

/// <summary>Search against what the machine can do: memory bandwidth, the matrix product's peak, and faiss on the same vectors.</summary>
/// <remarks>Synthetic unit vectors: 2,000 clusters in 32 latent dimensions, spread 0.5, projected; queries are fresh points. Everything is warmed up first; medians.</remarks>
internal static class SearchBench
{
    private const int Dimensions = 384;
    private const int Latent = 32;
    private const int Clusters = 2000;
    private const int Batch = 1000;
    private const int K = 10;
    private static readonly EmbeddingSpace s_space = new("nf1-bench");
    private static bool s_processorTime;
    private static Func<double> s_clock = () => Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    /// <param name="args"><c>--n 1000000</c>; <c>--singles 20</c>; <c>--peer</c>: faiss by /usr/bin/python3; <c>--threads 2</c>; <c>--bm25 100000</c> (0: not);
    /// <c>--processor-time</c>: seconds of the processor instead of the wall's, for a machine that is shared.</param>
    /// <param name="output">Receives Markdown tables.</param>
    public static Task<int> Run(string[] args, TextWriter output)
    {
        int n = Option(args, "--n", 1_000_000);
        int singles = Option(args, "--singles", 20);
        int threads = Option(args, "--threads", Environment.ProcessorCount);
        string seconds = "";
        s_processorTime = args.Contains("--processor-time");
        if (s_processorTime)
        {
            s_clock = ProcessorTime.OfProcess;
            seconds = " Seconds are the processor's, all threads together, since the machine was shared.";
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{n} vectors x {Dimensions}, k {K}, {threads} threads for batches, one for single queries. {Machine.Name()}.{seconds}\n"));
        if (n > 0)
        {
            Vectors(output, n, singles, threads, args.Contains("--peer"));
        }

        if (Option(args, "--bm25", 100_000) is > 0 and var passages)
        {
            Words(output, passages);
        }

        return Task.FromResult(0);
    }

    private static void Vectors(TextWriter output, int n, int singles, int threads, bool peer)
    {
        var random = new SeededRandom(1);
        var projection = Bells(Dimensions, Latent, random);
        var centres = Bells(Clusters, Latent, random);
        var rows = Draw(n, centres, projection, random);
        var queries = Draw(Batch, centres, projection, random);
        var vectors = new VectorSet(s_space, [.. Enumerable.Range(0, n).Select(i => "d" + i.ToString("0000000", CultureInfo.InvariantCulture))], rows);
        using var flat = new FlatIndex(vectors);
        using var int8 = new QuantisedIndex(vectors, IndexKind.Int8);
        using var binary = new QuantisedIndex(vectors, IndexKind.Binary);
        double bytes = (double)n * Dimensions * sizeof(float);
        double bandwidth = bytes / Median(7, () => ReadAll(rows));
        var filter = flat.Filter(i => (uint)i * 2654435761u % 100 == 0);
        var one = new SearchOptions { K = K, Threads = 1 };

        // In turns, so that a neighbour of the machine disturbs all alike.
        var times = InTurns(singles,
            q => flat.Search(queries.Slice(q, 1), s_space, one), q => int8.Search(queries.Slice(q, 1), s_space, one),
            q => binary.Search(queries.Slice(q, 1), s_space, one), q => flat.Search(queries.Slice(q, 1), s_space, one with { Filter = filter }),
            _ => ReadAll(rows), _ => ReadInOneStream(rows));
        bandwidth = Math.Max(bandwidth, bytes / Math.Min(times[4], times[5]));
        output.WriteLine("| one query, one thread | median, ms | GB/s | of memory bandwidth | of float32's time | recall@10 |\n|---|---|---|---|---|---|");
        var some = queries.Slice(0, Math.Min(200, Batch));
        Row(output, "read every float", bytes / bandwidth, bytes, bandwidth, times[0], null);
        Row(output, "read every float in one stream", times[5], bytes, bandwidth, times[0], null);
        Row(output, "exact float32", times[0], bytes, bandwidth, times[0], 1);
        Row(output, "int8, float32 orders 80", times[1], bytes / 4, bandwidth, times[0], IndexRecall.Of(int8, flat, some, K));
        Row(output, "binary, float32 orders 640", times[2], bytes / 32, bandwidth, times[0], IndexRecall.Of(binary, flat, some, K));
        Row(output, "exact, a filter that 1 % pass", times[3], bytes / 100, bandwidth, times[0], FilterRecall(flat, filter, queries.Slice(0, 5)));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nFiltered: {filter.Count} documents pass; wanted at most 3 % of the full scan plus 0.2 ms = {(0.03 * times[0] * 1e3) + 0.2:0.00} ms.\n"));
        Batches(output, flat, int8, rows, queries, threads, peer);
    }

    private static void Batches(TextWriter output, FlatIndex flat, QuantisedIndex int8, Rows<float> rows, Rows<float> queries, int threads, bool peer)
    {
        var options = new SearchOptions { K = K, Threads = threads };
        double peak = Peak(threads);
        flat.Search(queries.Slice(0, 64), s_space, options);
        var ours = new List<double>();
        PeerResult? theirs = null;
        for (int round = 0; round < 3; round++)
        {
            ours.Add(Seconds(() => flat.Search(queries, s_space, options)));
            if (peer)
            {
                theirs = Faiss.Run(rows, queries, threads, K, theirs, s_processorTime);
            }
        }

        ours.Sort();
        double coded = Seconds(() => int8.Search(queries, s_space, options));
        double flops = 2.0 * rows.Count * queries.Count * Dimensions;
        output.WriteLine("| 1,000 queries | s | queries/s | GFLOP/s | of the product's peak |\n|---|---|---|---|---|");
        void Line(string name, double seconds) => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {seconds:0.00} | {queries.Count / seconds:0} | {flops / seconds / 1e9:0} | {flops / seconds / peak:0.00} |"));
        Line("exact float32", ours[ours.Count / 2]);
        Line("int8, float32 orders 80", coded);
        if (theirs is not null)
        {
            Line($"faiss {theirs.Version} IndexFlatIP ({theirs.Blas})", theirs.Batch);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nRatio to faiss {theirs.Batch / ours[ours.Count / 2]:0.00}. One query on one thread takes faiss {theirs.Single * 1e3:0.0} ms. Its answers share {Share(flat.Search(queries, s_space, options), theirs.Found):0.0000} of ours."));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nPeak of the matrix product alone, blocks that stay in the cache, {threads} threads: {peak / 1e9:0} GFLOP/s."));
    }

    private static void Words(TextWriter output, int passages)
    {
        var random = new SeededRandom(2);
        string[] words = [.. Enumerable.Range(0, 50_000).Select(_ => new string([.. Enumerable.Range(0, 3 + random.Below(8)).Select(_ => (char)('a' + random.Below(26)))]))];
        string Word() => words[(int)(words.Length * Math.Pow(random.Uniform(), 4))];
        var corpus = new Corpus(Enumerable.Range(0, passages).Select(i => new Document
        {
            Id = "d" + i.ToString("0000000", CultureInfo.InvariantCulture),
            Text = string.Join(' ', Enumerable.Range(0, 60 + random.Below(60)).Select(_ => Word())),
        }));
        Bm25Index index = new(corpus);
        double build = Median(3, () => index = new Bm25Index(corpus));
        string[] queries = [.. Enumerable.Range(0, 300).Select(_ => string.Join(' ', corpus.Documents[random.Below(passages)].Text.Split(' ').Where((_, i) => i % 11 == 0)))];
        foreach (string query in queries[..100])
        {
            index.RankAsync([query], K).AsTask().GetAwaiter().GetResult();
        }

        double[] times = [.. queries.Select(query => Seconds(() => index.RankAsync([query], K).AsTask().GetAwaiter().GetResult())).Order()];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n| BM25, {passages} passages of 60 to 119 words | |\n|---|---|\n| index | {build:0.00} s |\n| question of 6 to 11 words, p50 | {times[times.Length / 2] * 1e3:0.00} ms |\n| p95 | {times[(int)(times.Length * 0.95)] * 1e3:0.00} ms |"));
    }

    private static void Row(TextWriter output, string name, double seconds, double bytes, double bandwidth, double exact, double? recall) => output.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {name} | {seconds * 1e3:0.00} | {bytes / seconds / 1e9:0.0} | {bytes / seconds / bandwidth:0.00} | {seconds / exact:0.000} | {recall:0.0000} |"));

    // Share of what the plain loop over the passing documents finds.
    private static double FilterRecall(FlatIndex flat, VectorFilter filter, Rows<float> queries)
    {
        var found = flat.Search(queries, s_space, new SearchOptions { K = K, Filter = filter });
        int right = 0;
        for (int q = 0; q < queries.Count; q++)
        {
            int query = q;
            var best = Enumerable.Range(0, flat.Count).Where(i => (uint)i * 2654435761u % 100 == 0)
                .Select(i => new Hit(i, FlatIndex.Similarity(queries[query], flat.Vectors.Rows[i]))).OrderByDescending(h => h.Score).ThenByDescending(h => h.Document).Take(K);
            right += best.Zip(found[q]).Count(p => p.First == p.Second);
        }

        return right / (double)(queries.Count * K);
    }

    private static double Share(IReadOnlyList<IReadOnlyList<Hit>> ours, int[] theirs) =>
        ours.Select((hits, q) => hits.Count(h => theirs.AsSpan(q * K, K).Contains(h.Document))).Sum() / (double)theirs.Length;

    // Each thread multiplies 64 queries with 256 packed rows over and over: both stay in the second-level cache.
    private static double Peak(int threads)
    {
        const int Rows = 256;
        const int Rounds = 400;
        double flops = 2.0 * 64 * Rows * Dimensions * Rounds * threads;
        double best = double.PositiveInfinity;
        for (int round = 0; round < 5; round++)
        {
            best = Math.Min(best, Seconds(() => Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
            {
                float[] a = new float[64 * Dimensions];
                float[] packed = new float[MatrixKernels.PackedLength(Rows, Dimensions)];
                float[] c = new float[64 * Rows];
                for (int i = 0; i < Rounds; i++)
                {
                    MatrixKernels.Multiply(a, 64, Dimensions, Dimensions, packed, Rows, c, Rows);
                }
            })));
        }

        return flops / best;
    }

    // The best reading loop known here: eight streams, each asking memory ahead. One stream alone reads a quarter slower.
    private static unsafe float ReadAll(Rows<float> rows)
    {
        using var pin = rows.Data.Pin();
        nint length = rows.Data.Length / 8 / 16 * 16;
        float* p0 = (float*)pin.Pointer, p1 = p0 + length, p2 = p1 + length, p3 = p2 + length, p4 = p3 + length, p5 = p4 + length, p6 = p5 + length, p7 = p6 + length;
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        for (nint i = 0; i < length; i += 16)
        {
            if (Sse.IsSupported)
            {
                const int Ahead = 384;
                Sse.Prefetch0(p0 + i + Ahead);
                Sse.Prefetch0(p1 + i + Ahead);
                Sse.Prefetch0(p2 + i + Ahead);
                Sse.Prefetch0(p3 + i + Ahead);
                Sse.Prefetch0(p4 + i + Ahead);
                Sse.Prefetch0(p5 + i + Ahead);
                Sse.Prefetch0(p6 + i + Ahead);
                Sse.Prefetch0(p7 + i + Ahead);
            }

            s0 += Vector512.Load(p0 + i);
            s1 += Vector512.Load(p1 + i);
            s2 += Vector512.Load(p2 + i);
            s3 += Vector512.Load(p3 + i);
            s4 += Vector512.Load(p4 + i);
            s5 += Vector512.Load(p5 + i);
            s6 += Vector512.Load(p6 + i);
            s7 += Vector512.Load(p7 + i);
        }

        return Vector512.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7);
    }

    private static float ReadInOneStream(Rows<float> rows)
    {
        ref float start = ref MemoryMarshal.GetReference(rows.Data.Span);
        nuint length = (nuint)rows.Data.Length & ~63u;
        Vector512<float> a = default, b = default, c = default, d = default;
        for (nuint i = 0; i < length; i += 64)
        {
            a += Vector512.LoadUnsafe(ref start, i);
            b += Vector512.LoadUnsafe(ref start, i + 16);
            c += Vector512.LoadUnsafe(ref start, i + 32);
            d += Vector512.LoadUnsafe(ref start, i + 48);
        }

        return Vector512.Sum(a + b + c + d);
    }

    private static double[] InTurns(int rounds, params Action<int>[] work)
    {
        var times = work.Select(_ => new List<double>()).ToArray();
        for (int round = -5; round < rounds; round++)
        {
            for (int w = 0; w < work.Length; w++)
            {
                double seconds = Seconds(() => work[w](Math.Abs(round)));
                if (round >= 0)
                {
                    times[w].Add(seconds);
                }
            }
        }

        return [.. times.Select(t => t.Order().ElementAt(t.Count / 2))];
    }

    private static double Median(int rounds, Action work)
    {
        work();
        return Enumerable.Range(0, rounds).Select(_ => Seconds(work)).Order().ElementAt(rounds / 2);
    }

    private static double Median(int rounds, Func<float> work) => Median(rounds, () => { _ = work(); });

    private static double Seconds(Action work)
    {
        double start = s_clock();
        work();
        return s_clock() - start;
    }

    private static Rows<float> Bells(int count, int dimensions, SeededRandom random)
    {
        var rows = Rows.Allocate<float>(count, dimensions);
        foreach (ref float value in rows.Data.Span)
        {
            value = random.Bell();
        }

        return rows;
    }

    private static Rows<float> Draw(int count, Rows<float> centres, Rows<float> projection, SeededRandom random)
    {
        var rows = Rows.Allocate<float>(count, Dimensions);
        for (int start = 0; start < count; start += 10_000)
        {
            int part = Math.Min(10_000, count - start);
            var latent = Bells(part, Latent, random);
            for (int i = 0; i < part; i++)
            {
                TensorPrimitives.MultiplyAdd<float>(latent[i], 0.5f, centres[random.Below(Clusters)], latent[i]);
            }

            var into = rows.Slice(start, part);
            MatrixKernels.MultiplyTransposed(latent.Data.Span, part, projection.Data.Span, Dimensions, Latent, into.Data.Span);
            for (int i = 0; i < part; i++)
            {
                TensorPrimitives.Divide(into[i], TensorPrimitives.Norm<float>(into[i]), into[i]);
            }
        }

        return rows;
    }

    private static int Option(string[] args, string name, int otherwise) =>
        Array.IndexOf(args, name) is >= 0 and var at ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;
}
