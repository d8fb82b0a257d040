namespace Nearfar.Training;

/// <summary>What the mean hides: held-out quality by cohort.</summary>
/// <param name="Questions">Held-out questions.</param>
/// <param name="Recall5">recall@5, 0 to 1.</param>
/// <param name="Cohorts">Every value of every cohort attribute, in ordinal order.</param>
public sealed record HeldOutDetail(int Questions, double Recall5, IReadOnlyList<HeldOutCohort> Cohorts);
