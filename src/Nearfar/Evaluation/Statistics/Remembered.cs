namespace Nearfar.Evaluation.Statistics;

/// <summary>The last values of a pure function of two numbers, one for each of 4,096 places: measures of one cohort ask for the same quantile again and again.</summary>
/// <remarks>Thread-safe: an entry is one reference, whole or not there. What is forgotten is computed anew, to the same bits.</remarks>
internal sealed class Remembered
{
    private const int Places = 4096;
    private readonly Entry?[] _entries = new Entry?[Places];

    private sealed record Entry(double X, double Y, double Value);

    /// <summary>The value at (x, y), computed where it is not remembered.</summary>
    public double Get(double x, double y, Func<double, double, double> compute)
    {
        ref var place = ref _entries[(uint)HashCode.Combine(x, y) % Places];
        var entry = Volatile.Read(ref place);
        if (entry is null || entry.X != x || entry.Y != y)
        {
            entry = new(x, y, compute(x, y));
            Volatile.Write(ref place, entry);
        }

        return entry.Value;
    }
}
