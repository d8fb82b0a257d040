using System.Globalization;
using Nearfar.Evaluation.Statistics;

namespace Nearfar.Bench.Simulation;

/// <summary>A count of repetitions as a table shows it: share and 95 % Wilson interval, in percent.</summary>
internal readonly record struct Rate(int Count, int Of)
{
    public double Share => (double)Count / Of;

    public (double Low, double High) Interval => Proportions.Wilson(Count, Of, 0.025);

    public override string ToString() => Of == 0 ? "none" : string.Create(CultureInfo.InvariantCulture,
        $"{100 * Share:0.0#} [{100 * Interval.Low:0.0#}, {100 * Interval.High:0.0#}]");
}
