using Nearfar.Evaluation.Geometry;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Evaluation.Tasks;

/// <summary>Groups vectors around k centres: k-means++ start, then Lloyd's steps until nothing moves, at most 100.</summary>
/// <remarks>Arthur and Vassilvitskii 2007. Squared Euclidean distance, which orders unit vectors as the cosine does. Differs from MTEB: all rows in each step, no mini-batches.</remarks>
public static class KMeans
{
    private const int MostSteps = 100;

    /// <summary>Group of each row, 0 to k - 1.</summary>
    /// <param name="rows">[N, D], finite, at least k.</param>
    /// <param name="k">At least 1.</param>
    /// <param name="seed">Of the start.</param>
    /// <param name="cancellationToken">Looked at between steps.</param>
    /// <exception cref="ArgumentException">Fewer rows than groups, or a value that is not finite.</exception>
    public static int[] Assign(Rows<float> rows, int k, ulong seed, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        double[][] points = DoubleRows.Of([.. Enumerable.Range(0, rows.Count).Select(i => rows[i].ToArray())]);
        if (points.Length < k || points.Any(p => !p.All(double.IsFinite)))
        {
            throw new ArgumentException($"{points.Length} rows for {k} groups; wanted at least as many rows, all finite.", nameof(rows));
        }

        double[][] centres = Start(points, k, SeededRandom.For(seed, 0, "k-means"));
        int[] groups = new int[points.Length];
        for (int step = 0; step < MostSteps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[] now = new int[points.Length];
            Parallel.For(0, points.Length, i => now[i] = Nearest(points[i], centres));
            if (step > 0 && now.AsSpan().SequenceEqual(groups))
            {
                break;
            }

            groups = now;
            Move(points, groups, centres);
        }

        return groups;
    }

    /// <summary>V-measure of k-means with as many groups as labels, over several seeds: one seed alone moves by more than two models differ.</summary>
    /// <param name="rows">[N, D].</param>
    /// <param name="labels">One a row.</param>
    /// <param name="seeds">Runs, at least 1. Default 10.</param>
    /// <param name="seed">Of the first run; the others follow. Default 1.</param>
    /// <param name="cancellationToken">Looked at between steps.</param>
    public static SeedSpread VMeasure(Rows<float> rows, IReadOnlyList<string> labels, int seeds = 10, ulong seed = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfLessThan(seeds, 1);
        int k = labels.Distinct(StringComparer.Ordinal).Count();
        return SeedSpread.Of([.. Enumerable.Range(0, seeds).Select(s => ClusterAgreement.Of(labels, Assign(rows, k, seed + (ulong)s, cancellationToken)).VMeasure)]);
    }

    private static double[][] Start(double[][] points, int k, SeededRandom random)
    {
        var centres = new List<double[]> { (double[])points[random.Below(points.Length)].Clone() };
        double[] nearest = [.. points.Select(p => Distance(p, centres[0]))];
        while (centres.Count < k)
        {
            double at = random.Uniform() * nearest.Sum();
            int chosen = 0;
            for (double sum = nearest[0]; chosen + 1 < points.Length && sum <= at; sum += nearest[++chosen]) { }

            centres.Add((double[])points[chosen].Clone());
            for (int i = 0; i < points.Length; i++)
            {
                nearest[i] = Math.Min(nearest[i], Distance(points[i], centres[^1]));
            }
        }

        return [.. centres];
    }

    // A centre that lost all its points stays where it is.
    private static void Move(double[][] points, int[] groups, double[][] centres)
    {
        int[] sizes = new int[centres.Length];
        double[][] sums = [.. centres.Select(c => new double[c.Length])];
        for (int i = 0; i < points.Length; i++)
        {
            sizes[groups[i]]++;
            DoubleRows.AddScaled(sums[groups[i]], 1, points[i]);
        }

        for (int g = 0; g < centres.Length; g++)
        {
            centres[g] = sizes[g] == 0 ? centres[g] : Array.ConvertAll(sums[g], s => s / sizes[g]);
        }
    }

    private static int Nearest(double[] point, double[][] centres)
    {
        int best = 0;
        double least = Distance(point, centres[0]);
        for (int c = 1; c < centres.Length; c++)
        {
            double distance = Distance(point, centres[c]);
            (best, least) = distance < least ? (c, distance) : (best, least);
        }

        return best;
    }

    private static double Distance(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }

        return sum;
    }
}

/// <summary>A figure over several seeds.</summary>
/// <param name="Values">By seed.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their standard deviation (n - 1); 0 with one seed.</param>
public sealed record SeedSpread(IReadOnlyList<double> Values, double Mean, double Deviation)
{
    internal static SeedSpread Of(double[] values)
    {
        double mean = values.Average();
        return new(values, mean, values.Length < 2 ? 0 : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1)));
    }
}
