namespace Nearfar.Training.Sampling;

/// <summary>Rows of small cohorts are drawn more often: (largest cohort / own cohort) ^ power times in an epoch, at most the cap.</summary>
/// <param name="Attribute">The cohort attribute.</param>
/// <param name="Power">0 (as they come) to 1 (all cohorts alike). Default 0.5.</param>
/// <param name="Cap">Most times that a row is drawn in an epoch, 1 to 100. Default 4.</param>
public sealed record BalanceOptions(string Attribute, double Power = 0.5, double Cap = 4);
