namespace Nearfar.Evaluation.Statistics;

/// <summary>Interval of the mean of values that lie in a known range, by the score of the likelihood of what was seen.</summary>
/// <remarks>
/// <para>
/// A supposed mean d is in the interval when |mean - d| is at most q sqrt(e v(d) / n), with v(d) the variance about d that the values have under the likeliest
/// weights whose mean is d. Weight may go to values that were seen and to both ends of the range: three small losses among a hundred questions do not
/// prove that no greater one exists. e is the design effect (Rao and Scott 1981, Journal of the American Statistical Association 76:221), q a quantile.
/// </para>
/// <para>
/// Of values 0 and 1 this is Wilson's interval (1927), of -1, 0 and 1 Tango's (1998, Statistics in Medicine 17:891); of other values it takes the weights from
/// empirical likelihood (Owen 1988, Biometrika 75:237), which without the ends of the range knows nothing beyond the least and the greatest value seen.
/// The usual t interval takes the variance about the mean that was seen, and is too narrow where few values differ: docs/decisions/intervals-with-few-changes.md.
/// </para>
/// </remarks>
internal sealed class ScoreInterval
{
    private const double Rounding = 1e-9;

    private readonly double[] _values;      // distinct, ascending
    private readonly double[] _shares;      // of each, summing to 1
    private readonly double _low;
    private readonly double _high;
    private readonly double _mean;

    private ScoreInterval(ReadOnlySpan<double> values, double low, double high)
    {
        double[] sorted = values.ToArray();
        for (int i = 0; i < sorted.Length; i++)
        {
            sorted[i] = Math.Clamp(sorted[i], low, high);
        }

        Array.Sort(sorted);
        (_low, _high) = (low, high);
        (_values, _shares) = Distinct(sorted);
        for (int i = 0; i < _values.Length; i++)
        {
            _mean += _shares[i] * _values[i];
        }
    }

    /// <summary>Both ends, within the range.</summary>
    /// <param name="values">One for each question, all from <paramref name="low"/> to <paramref name="high"/>.</param>
    /// <param name="low">Least possible value.</param>
    /// <param name="high">Greatest possible value, above <paramref name="low"/>.</param>
    /// <param name="effect">How many times fewer independent questions these are worth, above 0.</param>
    /// <param name="quantile">Standard errors on each side, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value outside the range by more than a rounding, or not a number.</exception>
    public static (double Low, double High) Of(ReadOnlySpan<double> values, double low, double high, double effect, double quantile)
    {
        if (!Fits(values, low, high))
        {
            throw new ArgumentOutOfRangeException(nameof(values), $"Values must lie in [{low}, {high}].");
        }

        var likelihood = new ScoreInterval(values, low, high);
        double error = quantile * Math.Sqrt(effect / values.Length);
        double mean = Math.Clamp(likelihood._mean, low, high);
        // Positive at the ends of the range, negative beside the mean, which parts the two roots.
        return (mean <= low ? low : Roots.Bracketed(d => likelihood.Score(d, above: true, error), low, mean),
            mean >= high ? high : Roots.Bracketed(d => likelihood.Score(d, above: false, error), mean, high));
    }

    /// <summary>Whether all values lie in the range, but for a rounding.</summary>
    public static bool Fits(ReadOnlySpan<double> values, double low, double high)
    {
        foreach (double value in values)
        {
            if (!(value >= low - Rounding && value <= high + Rounding))
            {
                return false;
            }
        }

        return true;
    }

    // The distance between mean and d less what the interval allows: positive outside it.
    private double Score(double d, bool above, double error)
    {
        double distance = above ? _mean - d : d - _mean;
        if (distance <= 0)
        {
            return -1;      // the mean itself is always inside, also where nothing varies and the score beside it rises from 0
        }

        return d <= _low || d >= _high ? distance : distance - (error * Math.Sqrt(Variance(d)));
    }

    // About d, under weights shares / (1 + tilt (value - d)), the likeliest with mean d; where they stop short of 1 the rest stands at an end of the range.
    private double Variance(double d)
    {
        var (tilt, sum) = Tilt(d);
        double variance = 0;
        for (int i = 0; i < _values.Length; i++)
        {
            double distance = _values[i] - d;
            variance += _shares[i] * distance * distance / (1 + (tilt * distance));
        }

        double end = tilt < 0 ? _high - d : _low - d;
        return variance + (Math.Max(0, tilt * sum) * end * end);      // 1 less the weights, without the cancellation
    }

    // The weighted distances add up to less the greater the tilt, and the ends of the range bound it: Newton's steps, halved where they leave the bracket.
    private (double Tilt, double Sum) Tilt(double d)
    {
        double least = -1 / (_high - d);
        double most = -1 / (_low - d);
        double atLeast = _values[^1] < _high ? Distances(d, least).Sum : 1;
        double atMost = _values[0] > _low ? Distances(d, most).Sum : -1;
        if (atLeast <= 0 || atMost >= 0)
        {
            return atLeast <= 0 ? (least, atLeast) : (most, atMost);
        }

        double tilt = 0;
        for (int i = 0; i < 200; i++)
        {
            var (sum, slope) = Distances(d, tilt);
            (least, most) = sum > 0 ? (tilt, most) : (least, tilt);
            double next = tilt - (sum / slope);
            next = next > least && next < most ? next : (least + most) / 2;
            if (sum == 0 || Math.Abs(next - tilt) <= 1e-15 * Math.Abs(tilt) || next == least || next == most)
            {
                break;
            }

            tilt = next;
        }

        return (tilt, 0);
    }

    private (double Sum, double Slope) Distances(double d, double tilt)
    {
        double sum = 0;
        double slope = 0;
        for (int i = 0; i < _values.Length; i++)
        {
            double distance = _values[i] - d;
            double term = distance / (1 + (tilt * distance));
            sum += _shares[i] * term;
            slope -= _shares[i] * term * term;
        }

        return (sum, slope);
    }

    private static (double[] Values, double[] Shares) Distinct(double[] sorted)
    {
        double[] values = new double[sorted.Length];
        double[] shares = new double[sorted.Length];
        int count = 0;
        foreach (double value in sorted)
        {
            count += count == 0 || values[count - 1] != value ? 1 : 0;
            values[count - 1] = value;
            shares[count - 1]++;
        }

        for (int i = 0; i < count; i++)
        {
            shares[i] /= sorted.Length;
        }

        return (values[..count], shares[..count]);
    }
}
