using Nearfar.Evaluation;

namespace Nearfar.Gating;

/// <summary>One difference of a family that is tested jointly.</summary>
/// <param name="Values">The cohort's questions in one measure against one report.</param>
/// <param name="Rate">How much the whole set changes in that measure; null: the cohort's own changes alone set the scale.</param>
/// <param name="Tolerance">A mean fall below this is no finding, neither observed nor in a resample; null: any fall is.</param>
internal sealed record FallTest(PairedValues Values, ChangeRate? Rate = null, double? Tolerance = null);
