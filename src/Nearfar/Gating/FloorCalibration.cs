using System.Globalization;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Spaces;

namespace Nearfar.Gating;

/// <summary>A raw margin of one space carried over to another, measured on one dev set.</summary>
/// <remarks>
/// A raw margin depends on the temperature a model was trained with. <see cref="FloorTransfer.Spread"/>: in units of the background's standard
/// deviation (z) it does not; Value = Raw / SigmaFrom * SigmaTo. <see cref="FloorTransfer.Quantile"/>: the share of dev questions below it does
/// not either; Value is that quantile in the other space.
/// </remarks>
public sealed record FloorCalibration
{
    private FloorCalibration(GateFloor floor, string from, string to, double sigmaFrom, double sigmaTo, string setHash, ThresholdTransfer? quantile)
    {
        Floor = floor;
        From = from;
        To = to;
        SigmaFrom = sigmaFrom;
        SigmaTo = sigmaTo;
        SetHash = setHash;
        Quantile = quantile;
    }

    /// <summary>The floor of the policy.</summary>
    public GateFloor Floor { get; }

    /// <summary>Id of the space the floor was found in.</summary>
    public string From { get; }

    /// <summary>Id of the space it is carried to.</summary>
    public string To { get; }

    /// <summary>Background spread of <see cref="From"/>.</summary>
    public double SigmaFrom { get; }

    /// <summary>Background spread of <see cref="To"/>.</summary>
    public double SigmaTo { get; }

    /// <summary>Hash of the dev set both were measured on.</summary>
    public string SetHash { get; }

    /// <summary>The floor in background standard deviations.</summary>
    public double Z => Floor.Value / SigmaFrom;

    /// <summary>How the quantile was carried over, with its interval; null when the spread was.</summary>
    public ThresholdTransfer? Quantile { get; }

    /// <summary>The floor in <see cref="To"/>.</summary>
    public double Value => Quantile?.Value ?? (Z * SigmaTo);

    /// <summary>How the value came to be, for a decision.</summary>
    internal string Note => Quantile is { } quantile
        ? string.Create(CultureInfo.InvariantCulture, $"{Floor.Value} in space {From} leaves {quantile.ScoresFrom - quantile.Accepted} of {quantile.ScoresFrom} dev questions below it, here {Value:0.000} does ({(quantile.IsRough ? "about" : "95% interval")} {Show(quantile.Low)} to {Show(quantile.High)})")
        : string.Create(CultureInfo.InvariantCulture, $"{Floor.Value} in space {From} is z {Z:0.000}, here {Value:0.000}");

    /// <summary>Carries a floor over.</summary>
    /// <param name="floor">A raw margin that names its space.</param>
    /// <param name="from">Dev report of that space.</param>
    /// <param name="to">The candidate's report on the same dev set.</param>
    /// <param name="by">The way. Default <see cref="FloorTransfer.Spread"/>.</param>
    /// <exception cref="ArgumentException">The floor is no raw margin, or names no space.</exception>
    /// <exception cref="NearfarException">A report of another space or of a gate set, two sets, or a space without background.</exception>
    public static FloorCalibration Transfer(GateFloor floor, EvalReport from, EvalReport to, FloorTransfer by = FloorTransfer.Spread)
    {
        ArgumentNullException.ThrowIfNull(floor);
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (!MetricNames.IsRawMargin(floor.Metric) || floor.Space is null)
        {
            throw new ArgumentException($"A floor on {floor.Metric}{(floor.Space is null ? " without a space" : "")} is not calibrated; only raw margins of a named space are.", nameof(floor));
        }

        from.ThrowUnlessSameSet(to);
        if (from.IsGateSet || to.IsGateSet)
        {
            throw new NearfarException("A floor is calibrated on dev; these are reports of a gate set, on which nothing may be tuned. Run: nearfar eval --set dev");
        }

        if (from.Space?.Id != floor.Space)
        {
            throw new NearfarException($"The floor {floor.Value.ToString(CultureInfo.InvariantCulture)} on {floor.Metric} is of space {floor.Space}; the report is of space {from.Space?.ToString() ?? "none"}. Score the model of that space on dev.");
        }

        var quantile = by == FloorTransfer.Quantile ? ByQuantile(floor, from, to) : null;
        return new FloorCalibration(floor, floor.Space, to.Space?.Id ?? throw NoScale(to), Sigma(from), Sigma(to), from.SetHash, quantile);
    }

    // The same questions in both spaces, drawn by document. A floor above or below every dev margin has no quantile that could be carried.
    private static ThresholdTransfer ByQuantile(GateFloor floor, EvalReport from, EvalReport to)
    {
        var transfer = ThresholdTransfer.Paired(floor.Value, ScoreSample.Of(from, floor.Metric), ScoreSample.Of(to, floor.Metric));
        return transfer.Accepted > 0 && transfer.Accepted < transfer.ScoresFrom ? transfer : throw new NearfarException(
            $"The floor {floor.Value.ToString(CultureInfo.InvariantCulture)} on {floor.Metric} lies {(transfer.Accepted == 0 ? "above" : "below")} every dev question of space {floor.Space}, so no quantile can be carried over. Carry it by spread (gate.floor_transfer: spread), or choose a floor that dev reaches.");
    }

    private static string Show(double? end) => end?.ToString("0.000", CultureInfo.InvariantCulture) ?? "unbounded";

    private static double Sigma(EvalReport report) => report.Scale is { Sigma: > 0 } scale && double.IsFinite(scale.Sigma) ? scale.Sigma : throw NoScale(report);

    private static NearfarException NoScale(EvalReport report) =>
        new($"Report \"{report.Label}\" has no spread of background similarities, so no margin can be carried to or from its space. Is the encoder collapsed, or a ranking without vectors?");
}
