namespace Nearfar.Evaluation;

/// <summary>A figure that is no plain mean of queries, with its interval.</summary>
/// <param name="N">Units it was made from: queries or documents.</param>
/// <param name="Value">The figure.</param>
/// <param name="Low">Lower end of the two-sided 95 % interval; null where there is none.</param>
/// <param name="High">Upper end; null where there is none.</param>
public sealed record Estimate(int N, double Value, double? Low, double? High);
