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
    private const int DocumentBlock = 1024;

    /// <param name="args">Queries and passages; default 2000 200000.</param>
    /// <param name="output">Receives a Markdown table.</param>
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        int queries = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 2000;
        int passages = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 200_000;
        var small = new MadeWorld(64, 4096);
        Products(small);
        await Miner(small).MineAsync(small.Set, "bench");           // compiles what is measured
        var world = new MadeWorld(queries, passages);
        double products = Seconds(() => Products(world));
        var index = new FlatIndex(world.Vectors);
        index.Search(world.Queries.Slice(0, 1), world.Space, 1);            // packs
        double search = Seconds(() => Blocks(world, index));
        index = null;
        GC.Collect();
        var clock = Stopwatch.StartNew();
        await VectorRanker.CreateAsync(world, world.Set.Corpus);
        double making = clock.Elapsed.TotalSeconds;
        GC.Collect();
        clock.Restart();
        var miner = Miner(world);
        var result = await miner.MineAsync(world.Set, "bench");
        double first = clock.Elapsed.TotalSeconds;
        clock.Restart();
        await miner.MineAsync(world.Set, "bench");
        double again = clock.Elapsed.TotalSeconds;
        using var process = Process.GetCurrentProcess();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{queries:N0} queries, {passages:N0} passages, d = {Dimensions}, {Depth} candidates a query; {Machine.Name()}"));
        output.WriteLine("\n| | Seconds | To the products alone |\n|---|---|---|");
        Row(output, "products alone, packed as they go", products, products);
        Row(output, "search alone, packed before", search, products);
        Row(output, "index alone: rows copied, ids put into order, not packed", making, products);
        Row(output, "mining, index and packing with it", first, products);
        Row(output, "mining again, index there", again, products);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{result.Negatives:N0} negatives; {2e-9 * queries * passages * Dimensions / products:F0} GFLOP/s in the products; peak memory {process.PeakWorkingSet64 / 1e6:N0} MB, the vectors are {4e-6 * passages * Dimensions:N0} MB (held three times: by the measurement, by the index, and packed in it)."));
        return 0;
    }

    private static void Row(TextWriter output, string name, double seconds, double products) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {seconds:F2} | {seconds / products:F2} |"));

    private static double Seconds(Action work)
    {
        double best = double.PositiveInfinity;
        for (int round = 0; round < 3; round++)
        {
            var clock = Stopwatch.StartNew();
            work();
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }

        return best;
    }

    private static void Blocks(MadeWorld world, FlatIndex index)
    {
        for (int start = 0; start < world.Queries.Count; start += 1024)
        {
            index.Search(world.Queries.Slice(start, Math.Min(1024, world.Queries.Count - start)), world.Space, Depth);
        }
    }

    // Packs as it goes: one block of documents meets all queries, so that packing is no part to speak of and memory is one block a thread.
    private static void Products(MadeWorld world)
    {
        var rows = world.Vectors.Rows;
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
        private readonly Dictionary<string, int> _queries = new(StringComparer.Ordinal);

        public MadeWorld(int queries, int passages)
        {
            var random = new SeededRandom(1);
            var documents = Rows.Allocate<float>(passages, Dimensions);
            Queries = Rows.Allocate<float>(queries, Dimensions);
            Fill(documents, random);
            var corpus = new Corpus(Enumerable.Range(0, passages).Select(i => new Document { Id = Name('d', i), Text = string.Join(' ', Enumerable.Range(0, 30).Select(_ => Name('w', random.Below(50_000)))) }));
            Fill(Queries, random);
            var pairs = new List<Pair>();
            for (int q = 0; q < queries; q++)
            {
                int positive = random.Below(passages);
                Blend(Queries, q, documents[positive]);
                pairs.Add(new Pair { Id = Name('p', q), Query = Name('q', q), PositiveIds = [corpus.Documents[positive].Id] });
                _queries[Name('q', q)] = q;
            }

            Set = new TrainingSet(corpus, pairs);
            Vectors = new VectorSet(Space, [.. corpus.Documents.Select(d => d.Id)], documents);
        }

        public Rows<float> Queries { get; }

        public VectorSet Vectors { get; }

        public TrainingSet Set { get; }

        public EmbeddingSpace Space { get; } = new("made-vectors");

        int IEncoder.Dimensions => Dimensions;

        IEmbeddingGenerator<string, Embedding<float>> IEncoder.Queries => throw new NotSupportedException("The measurement encodes by EncodeAsync alone.");

        IEmbeddingGenerator<string, Embedding<float>> IEncoder.Documents => throw new NotSupportedException("The measurement encodes by EncodeAsync alone.");

        public ValueTask EncodeAsync(IReadOnlyList<string> texts, TextRole role, Memory<float> into, CancellationToken cancellationToken = default)
        {
            if (role == TextRole.Document)
            {
                Vectors.Rows.Data.CopyTo(into);       // the corpus, whole and in order
                return ValueTask.CompletedTask;
            }

            for (int i = 0; i < texts.Count; i++)
            {
                Queries[_queries[texts[i]]].CopyTo(into.Span[(i * Dimensions)..]);
            }

            return ValueTask.CompletedTask;
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
