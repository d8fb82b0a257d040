namespace Nearfar.Evaluation;

/// <summary>Quantiles and ranks of ascending values.</summary>
internal static class SortedValues
{
    /// <summary>Linear between neighbours (Hyndman and Fan 1996, type 7).</summary>
    public static double Quantile(ReadOnlySpan<double> ascending, double p)
    {
        double at = p * (ascending.Length - 1);
        int below = (int)at;
        return below + 1 == ascending.Length ? ascending[below] : ascending[below] + ((at - below) * (ascending[below + 1] - ascending[below]));
    }

    /// <summary>How many are below <paramref name="value"/>.</summary>
    public static int Below(ReadOnlySpan<double> ascending, double value)
    {
        int low = 0;
        int high = ascending.Length;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            (low, high) = ascending[middle] < value ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Share below <paramref name="value"/>; equal ones count 1/2.</summary>
    public static double Share(ReadOnlySpan<double> ascending, double value) =>
        (Below(ascending, value) + (double)Below(ascending, Math.BitIncrement(value))) / 2 / ascending.Length;
}
