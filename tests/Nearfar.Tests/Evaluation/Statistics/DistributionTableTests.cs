using System.Globalization;
using Nearfar.Evaluation.Statistics;
using Xunit;

namespace Nearfar.Tests.Evaluation.Statistics;

/// <summary>The table of <c>eng/quantiles.py</c>: 50 digits, summed from the definitions.</summary>
public class DistributionTableTests
{
    private static string TablePath => Path.Combine(AppContext.BaseDirectory, "Evaluation", "Statistics", "quantiles.csv");

    [Fact]
    public void Table_EveryValue_IsWithin1e12()
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string line in File.ReadLines(TablePath).Skip(1))
        {
            string[] cells = line.Split(',');
            double[] x = [.. cells[1..].Select(c => double.Parse(c, CultureInfo.InvariantCulture))];
            double actual = cells[0] switch
            {
                "t_tail" => StudentT.UpperTail(x[0], x[1]),
                "t_quantile" => StudentT.UpperQuantile(x[0], x[1]),
                "beta_cdf" => SpecialFunctions.RegularizedBeta(x[0], 1 - x[0], x[1], x[2]),
                "beta_quantile" => SpecialFunctions.InverseRegularizedBeta(x[0], x[1], x[2]),
                "binomial_tail" => Binomial.UpperTail(x[0], x[1], x[2]),
                "binomial_lower" => Proportions.ExactLower(x[0], x[1], x[2]),
                "binomial_upper" => Proportions.ExactUpper(x[0], x[1], x[2]),
                var other => throw new InvalidDataException(other),
            };
            Assert.True(Math.Abs(actual - x[3]) <= 1e-12 * Math.Abs(x[3]), $"{line}: {actual:R}, off by {(actual - x[3]) / x[3]:g3}");
            counts[cells[0]] = counts.GetValueOrDefault(cells[0]) + 1;
        }

        Assert.Equal(7, counts.Count);
        Assert.All(counts, c => Assert.True(c.Value >= 30, $"{c.Key}: {c.Value}"));
    }
}
