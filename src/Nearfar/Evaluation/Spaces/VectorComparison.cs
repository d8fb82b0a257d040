using Nearfar.Evaluation.Geometry;
using Nearfar.Search;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Evaluation.Spaces;

/// <summary>Two spaces by the vectors they give the same texts: neighbours of each text within its own space, and shapes up to a rotation.</summary>
/// <remarks>
/// No vector of one space is compared with one of the other. Texts are matched by id; those with a zero row in either are left out; beyond
/// 2,000 a sample is drawn without replacement over ids in byte order. A text's k neighbours are the other texts of the sample. Immutable, thread-safe.
/// </remarks>
public sealed class VectorComparison
{
    private const int Most = 2000;

    /// <param name="before">Vectors of the one space.</param>
    /// <param name="after">Vectors of the other, of the same texts.</param>
    /// <param name="k">Neighbours that count, at least 1. Default 10.</param>
    /// <param name="seed">Of the sample. Default 1.</param>
    /// <exception cref="NearfarException">Fewer than max(10, k + 2) ids are in both.</exception>
    public VectorComparison(VectorSet before, VectorSet after, int k = 10, ulong seed = 1)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        (Before, After, K, Seed) = (before.Space, after.Space, k, seed);
        var places = after.Ids.Select((id, i) => (id, i)).ToDictionary(p => p.id, p => p.i, StringComparer.Ordinal);
        (string Id, int A, int B)[] shared = [.. before.Ids.Select((id, i) => (Id: id, A: i, B: places.GetValueOrDefault(id, -1)))
            .Where(p => p.B >= 0 && before.Rows[p.A].ContainsAnyExcept(0f) && after.Rows[p.B].ContainsAnyExcept(0f)).OrderBy(p => p.Id, Utf8Order.Ascending)];
        if (shared.Length < Math.Max(10, k + 2))
        {
            throw new NearfarException(
                $"Vectors of space {before.Space} and of space {after.Space} share {shared.Length} texts by id; wanted at least {Math.Max(10, k + 2)}. Embed the same texts with both models: nearfar embed.");
        }

        Shared = shared.Length;
        int[] order = [.. Enumerable.Range(0, shared.Length)];
        SeededRandom.For(seed, 0, "vector comparison").Shuffle(order);
        shared = [.. order.Take(Most).Order().Select(o => shared[o])];
        string[] ids = [.. shared.Select(s => s.Id)];
        var a = Rows(before, [.. shared.Select(s => s.A)]);
        var b = Rows(after, [.. shared.Select(s => s.B)]);
        Compare(ids, Neighbours(before.Space, ids, a, k), Neighbours(after.Space, ids, b, k));
        var shape = SpaceAlignment.Of(Doubles(a), Doubles(b));
        (Procrustes, Cka, DebiasedCka) = (shape.Procrustes, shape.Cka, shape.DebiasedCka);
    }

    /// <summary>The one space.</summary>
    public EmbeddingSpace Before { get; }

    /// <summary>The other.</summary>
    public EmbeddingSpace After { get; }

    /// <summary>Neighbours that count.</summary>
    public int K { get; }

    /// <summary>Of the sample.</summary>
    public ulong Seed { get; }

    /// <summary>Texts in both, with a vector in both.</summary>
    public int Shared { get; }

    /// <summary>Share of a text's k neighbours that are its neighbours in the other space; texts are the units of the intervals, those that share neighbours being alike.</summary>
    public Estimate Overlap { get; private set; } = null!;

    /// <summary>Rank-biased overlap of a text's neighbours, p .9.</summary>
    public Estimate RankBiasedOverlap { get; private set; } = null!;

    /// <summary>Share of texts whose nearest neighbour is another one.</summary>
    public Estimate TopChurn { get; private set; } = null!;

    /// <summary>Kendall's tau-b over the neighbours that both have; null when no text has two such.</summary>
    public Estimate? KendallTau { get; private set; }

    /// <summary>Texts that became or ceased to be hubs.</summary>
    public HubChange Hubs { get; private set; } = null!;

    /// <summary>What is left of the second space, 0 to 1, after the first was centred, rotated, mirrored and scaled onto it; null when one is a single point.</summary>
    public double? Procrustes { get; }

    /// <summary>Linear CKA, 0 to 1, blind to rotation and scale; too high when there are fewer texts than dimensions. Null when one is a single point.</summary>
    public double? Cka { get; }

    /// <summary>The same from unbiased HSIC: near 0 for unrelated spaces at any size, and may be below. Null when it cannot be computed.</summary>
    public double? DebiasedCka { get; }

    private void Compare(string[] ids, RankedDocument[][] a, RankedDocument[][] b)
    {
        string[][] before = [.. a.Select(l => l.Select(d => d.Id).ToArray())];
        string[][] after = [.. b.Select(l => l.Select(d => d.Id).ToArray())];
        var shared = new SharedNeighbours(ids, before, after);
        Overlap = shared.Mean([.. before.Zip(after, (x, y) => (double?)NeighbourLists.Overlap(x, y, K))], 0)!;
        RankBiasedOverlap = shared.Mean([.. before.Zip(after, (x, y) => (double?)NeighbourLists.RankBiasedOverlap(x, y, SpaceComparison.Persistence))], 0)!;
        TopChurn = shared.Mean([.. before.Zip(after, (x, y) => (double?)(x[0] == y[0] ? 0 : 1))], 0)!;
        KendallTau = shared.Mean([.. a.Zip(b, NeighbourLists.KendallTau)], -1);
        Hubs = HubChange.Of(before, after, ids.Length, ids.Length, K);
    }

    private static float[][] Rows(VectorSet set, int[] places) => [.. places.Select(p =>
    {
        float[] row = set.Rows[p].ToArray();
        float length = System.Numerics.Tensors.TensorPrimitives.Norm<float>(row);
        return Array.ConvertAll(row, v => v / length);
    })];

    private static double[][] Doubles(float[][] rows) => DoubleRows.Of(rows);

    private static RankedDocument[][] Neighbours(EmbeddingSpace space, string[] ids, float[][] rows, int k)
    {
        int d = rows[0].Length;
        var matrix = new Rows<float>(rows.SelectMany(r => r).ToArray(), rows.Length, d, d);
        var hits = new FlatIndex(new VectorSet(space, ids, matrix)).Search(matrix, space, k + 1);
        return [.. hits.Select((list, i) => list.Where(h => h.Document != i).Take(k).Select(h => new RankedDocument(ids[h.Document], h.Score)).ToArray())];
    }
}
