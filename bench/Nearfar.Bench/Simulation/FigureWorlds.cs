using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Simulation;

/// <summary>What is planted for the study of figures.</summary>
internal static class FigureWorlds
{
    /// <summary>About two questions a page.</summary>
    private static readonly int[] s_pages = [1, 2, 3, 2, 2, 3];

    /// <summary>Standard normal (Box and Muller 1958).</summary>
    public static double Normal(SeededRandom random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.Uniform())) * Math.Cos(2 * Math.PI * random.Uniform());

    /// <summary>Page of each question.</summary>
    public static int[] Pages(int n, bool single)
    {
        int[] pages = new int[n];
        for (int i = 0, page = 0; i < n; page++)
        {
            for (int end = single ? i + 1 : Math.Min(n, i + s_pages[page % s_pages.Length]); i < end; i++)
            {
                pages[i] = page;
            }
        }

        return pages;
    }

    /// <summary>Standard normals; those of one page correlate by one half.</summary>
    public static double[] Bells(SeededRandom random, int[] pages)
    {
        double[] bells = new double[pages.Length];
        double page = 0;
        for (int i = 0; i < bells.Length; i++)
        {
            bool single = (i == 0 || pages[i] != pages[i - 1]) && (i + 1 == bells.Length || pages[i] != pages[i + 1]);
            page = i == 0 || pages[i] != pages[i - 1] ? Normal(random) : page;
            bells[i] = single ? page : Math.Sqrt(.5) * (page + Normal(random));
        }

        return bells;
    }

    /// <summary>Unit rows: an anisotropic Gaussian off the centre, or clusters.</summary>
    public static float[][] Cloud(SeededRandom random, int n, int d, bool clusters)
    {
        var centres = SeededRandom.For(7, 0, "centres");
        double[][] middles = [.. Enumerable.Range(0, clusters ? 10 : 1).Select(_ => Enumerable.Range(0, d).Select(k => clusters ? Normal(centres) : k == 0 ? .7 : 0).ToArray())];
        return [.. Enumerable.Range(0, n).Select(_ =>
        {
            double[] middle = middles[clusters ? random.Below(middles.Length) : 0];
            return Unit([.. Enumerable.Range(0, d).Select(k => middle[k] + (clusters ? .6 * Normal(random) : Normal(random) / (1 + (.2 * k))))]);
        })];
    }

    public static float[] Unit(double[] row)
    {
        double length = Math.Sqrt(row.Sum(v => v * v));
        return Array.ConvertAll(row, v => (float)(v / length));
    }

    /// <summary>The row with noise.</summary>
    public static float[] Near(SeededRandom random, float[] row, double noise) => Unit([.. row.Select(v => v + (noise / Math.Sqrt(row.Length) * Normal(random)))]);
}
