namespace Nearfar.Training.Sampling;

/// <summary>The rows of an epoch in random order: each once, or rows of small cohorts more often.</summary>
/// <remarks>
/// A row of weight w is drawn floor(w) times and once more with the probability of what is left, anew in each epoch. Immutable, thread-safe.
/// </remarks>
internal sealed class RowDraws
{
    private readonly int[] _rows;
    private readonly double[]? _weights;
    private readonly ulong _seed;
    private readonly string _purpose;

    /// <param name="rows">Row numbers.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="weights">At least 1 for each of <paramref name="rows"/>; null: each once.</param>
    /// <param name="purpose">Tells data sets apart.</param>
    public RowDraws(int[] rows, ulong seed, double[]? weights = null, string purpose = "batches") => (_rows, _seed, _weights, _purpose) = (rows, seed, weights, purpose);

    public int[] Of(int epoch)
    {
        int[] drawn = _weights is null ? [.. _rows] : Repeated(epoch, _weights);
        SeededRandom.For(_seed, epoch, _purpose).Shuffle(drawn);
        return drawn;
    }

    /// <summary>Weights that draw the rows of small cohorts more often: (largest / own size) ^ power, at most the cap.</summary>
    /// <param name="cohort">Cohort number of each row.</param>
    /// <param name="power">0: as they come; 1: all cohorts alike, up to the cap.</param>
    /// <param name="cap">Most times that a row is drawn in an epoch.</param>
    public static double[] Balanced(IReadOnlyList<int> cohort, double power, double cap)
    {
        var sizes = cohort.GroupBy(c => c).ToDictionary(g => g.Key, g => g.Count());
        double largest = sizes.Count == 0 ? 1 : sizes.Values.Max();
        return [.. cohort.Select(c => WeightOf(largest, sizes[c], power, cap))];
    }

    /// <summary>Of a row whose cohort has <paramref name="size"/> rows, where the largest has <paramref name="largest"/>.</summary>
    public static double WeightOf(double largest, double size, double power, double cap) => Math.Min(cap, Math.Pow(largest / size, power));

    private int[] Repeated(int epoch, double[] weights)
    {
        var random = SeededRandom.For(_seed, epoch, _purpose + " draws");
        var drawn = new List<int>(_rows.Length);
        for (int i = 0; i < _rows.Length; i++)
        {
            int times = (int)weights[i];
            times += random.Uniform() < weights[i] - times ? 1 : 0;
            for (int t = 0; t < times; t++)
            {
                drawn.Add(_rows[i]);
            }
        }

        return [.. drawn];
    }
}
