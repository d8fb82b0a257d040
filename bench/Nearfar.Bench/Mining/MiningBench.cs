using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;
using Nearfar.Encoding;
using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Bench.Mining;

/// <summary>Mining on made vectors, beside the batched products alone and the search alone: what the rules and the books cost.</summary>
internal static class MiningBench
{
    private const int Dimensions = 256;
    private const int Depth = 100;
    private const int QueryBlock = 64;
    private const int DocumentBlock = 256;
    private static Func<double> s_clock = () => Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    /// <param name="args">Queries and passages; default 2000 200000. <c>--processor-time</c>: seconds of the processor, all threads together, for a machine that is shared.</param>
    /// <param name="output">Receives a Markdown table.</param>
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        int[] numbers = [.. args.Where(a => !a.StartsWith('-')).Select(a => int.Parse(a, CultureInfo.InvariantCulture))];
        int queries = numbers.Length > 0 ? numbers[0] : 2000;
        int passages = numbers.Length > 1 ? numbers[1] : 200_000;
        bool shared = args.Contains("--processor-time");
        s_clock = shared ? ProcessorTime.OfProcess : s_clock;
        var small = new MadeWorld(64, 4096);
        Alone(small);
        await Miner(small).MineAsync(small.Set, "bench");           // compiles what is measured
        var world = new MadeWorld(queries, passages);
        var (products, search) = Alone(world);
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);       // the vectors are held by the miner's index alone
        double held = GC.GetTotalMemory(forceFullCollection: true);
        ForgetPeak();
        var miner = Miner(world);
        MiningResult? result = null;
        double first = await SecondsAsync(async () => result = await miner.MineAsync(world.Set, "bench"));
        double again = await SecondsAsync(() => miner.MineAsync(world.Set, "bench"));
        using var process = Process.GetCurrentProcess();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{queries:N0} queries, {passages:N0} passages, d = {Dimensions}, {Depth} candidates a query; {Machine.Name()}{(shared ? ". Seconds are the processor's, all threads together: the machine was shared" : "")}"));
        output.WriteLine("\n| | Seconds | To the products alone |\n|---|---|---|");
        Row(output, "products alone, packed as they go", products, products);
        Row(output, "search alone", search, products);
        Row(output, "mining, vectors drawn and indexed", first, products);
        Row(output, "mining again, index there", again, products);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{result!.Negatives:N0} negatives; {2e-9 * queries * passages * Dimensions / products:F0} GFLOP/s in the products; peak memory while mining {process.PeakWorkingSet64 / 1e6:N0} MB: of it texts, ids and pairs {held / 1e6:N0} MB, vectors {4e-6 * passages * Dimensions:N0} MB, held once."));
        return 0;
    }

    // Linux: the peak of memory begins anew, so that what was done before does not count.
    private static void ForgetPeak()
    {
        if (File.Exists("/proc/self/clear_refs"))
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
    }

    // Products and search over vectors that are let go afterwards.
    private static (double Products, double Search) Alone(MadeWorld world)
    {
        var vectors = world.Draw();
        using var index = new FlatIndex(vectors);
        index.Search(world.Queries.Slice(0, 16), world.Space, Depth);
        return (Seconds(() => Products(world, vectors.Rows)), Seconds(() => Blocks(world, index)));
    }

    private static void Row(TextWriter output, string name, double seconds, double products) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {seconds:F2} | {seconds / products:F2} |"));

    private static double Seconds(Action work)
    {
        double best = double.PositiveInfinity;
        for (int round = 0; round < 2; round++)
        {
            double start = s_clock();
            work();
            best = Math.Min(best, s_clock() - start);
        }

        return best;
    }

    private static async Task<double> SecondsAsync(Func<Task> work)
    {
        double start = s_clock();
        await work();
        return s_clock() - start;
    }

    private static void Blocks(MadeWorld world, FlatIndex index)
    {
        for (int start = 0; start < world.Queries.Count; start += 1024)
        {
            index.Search(world.Queries.Slice(start, Math.Min(1024, world.Queries.Count - start)), world.Space, Depth);
        }
    }

    // Packs as it goes: one block of documents meets all queries, so that packing is no part to speak of and memory is one block a thread.
    private static void Products(MadeWorld world, Rows<float> rows)
    {
        Parallel.For(0, (rows.Count + DocumentBlock - 1) / DocumentBlock,
            () => (Packed: new float[MatrixKernels.PackedLength(DocumentBlock, Dimensions)], Scores: new float[QueryBlock * DocumentBlock]),
            (block, _, buffers) =>
            {
                int start = block * DocumentBlock, count = Math.Min(DocumentBlock, rows.Count - start);
                MatrixKernels.PackTransposed(rows.Data.Span[(start * rows.Stride)..], count, Dimensions, rows.Stride, buffers.Packed);
                for (int q = 0; q < world.Queries.Count; q += QueryBlock)
                {
                    var part = world.Queries.Slice(q, Math.Min(QueryBlock, world.Queries.Count - q));
                    MatrixKernels.Multiply(part.Data.Span, part.Count, Dimensions, part.Stride, buffers.Packed, count, buffers.Scores, DocumentBlock);
                }

                return buffers;
            },
            _ => { });
    }

    private static HardNegativeMiner Miner(MadeWorld world) => new(world.Set.Corpus, world, new MiningOptions { UseBm25 = false, Depth = Depth }, [], TimeProvider.System);

    /// <summary>Passages of 30 made words with random unit vectors; each question stands beside its passage. Encodes by looking up.</summary>
    private sealed class MadeWorld : IEncoder
    {
        private const ulong DrawSeed = 2;
        private readonly Dictionary<string, int> _queries = new(StringComparer.Ordinal);

        public MadeWorld(int queries, int passages)
        {
            var random = new SeededRandom(1);
            Queries = Rows.Allocate<float>(queries, Dimensions);
            var corpus = new Corpus(Enumerable.Range(0, passages).Select(i => new Document { Id = Name('d', i), Text = string.Join(' ', Enumerable.Range(0, 30).Select(_ => Name('w', random.Below(50_000)))) }));
            Fill(Queries, random);
            var documents = Draw(corpus).Rows;
            var pairs = new List<Pair>();
            for (int q = 0; q < queries; q++)
            {
                int positive = random.Below(passages);
                Blend(Queries, q, documents[positive]);
                pairs.Add(new Pair { Id = Name('p', q), Query = Name('q', q), PositiveIds = [corpus.Documents[positive].Id] });
                _queries[Name('q', q)] = q;
            }

            Set = new TrainingSet(corpus, pairs);
        }

        public Rows<float> Queries { get; }

        /// <summary>The vectors, made anew: the same at each call, and held by the caller alone.</summary>
        public VectorSet Draw() => Draw(Set.Corpus);

        public TrainingSet Set { get; }

        public EmbeddingSpace Space { get; } = new("made-vectors");

        int IEncoder.Dimensions => Dimensions;

        IEmbeddingGenerator<string, Embedding<float>> IEncoder.Queries => throw new NotSupportedException("The measurement encodes by EncodeAsync alone.");

        IEmbeddingGenerator<string, Embedding<float>> IEncoder.Documents => throw new NotSupportedException("The measurement encodes by EncodeAsync alone.");

        public ValueTask EncodeAsync(IReadOnlyList<string> texts, TextRole role, Memory<float> into, CancellationToken cancellationToken = default)
        {
            if (role == TextRole.Document)
            {
                Fill(new Rows<float>(into, texts.Count, Dimensions, Dimensions), new SeededRandom(DrawSeed));       // the corpus, whole and in order
                return ValueTask.CompletedTask;
            }

            for (int i = 0; i < texts.Count; i++)
            {
                Queries[_queries[texts[i]]].CopyTo(into.Span[(i * Dimensions)..]);
            }

            return ValueTask.CompletedTask;
        }

        private VectorSet Draw(Corpus corpus)
        {
            var rows = Rows.Allocate<float>(corpus.Documents.Count, Dimensions);
            Fill(rows, new SeededRandom(DrawSeed));
            return new VectorSet(Space, [.. corpus.Documents.Select(d => d.Id)], rows);
        }

        private static string Name(char kind, int number) => kind + number.ToString(CultureInfo.InvariantCulture);

        private static void Fill(Rows<float> rows, SeededRandom random)
        {
            for (int i = 0; i < rows.Count; i++)
            {
                foreach (ref float value in rows[i])
                {
                    value = random.Bell();
                }

                Normalise(rows[i]);
            }
        }

        private static void Blend(Rows<float> queries, int query, ReadOnlySpan<float> document)
        {
            for (int i = 0; i < Dimensions; i++)
            {
                queries[query][i] += document[i];
            }

            Normalise(queries[query]);
        }

        private static void Normalise(Span<float> row)
        {
            float length = MathF.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares<float>(row));
            System.Numerics.Tensors.TensorPrimitives.Divide(row, length, row);
        }
    }
}
