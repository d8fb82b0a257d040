namespace Nearfar.Data.Checking;

/// <summary>All that a check found.</summary>
/// <param name="Findings">Errors first, then by file and line; of each rule the first <see cref="WorkspaceCheck.MaxPerRule"/>.</param>
/// <param name="Rules">How often each rule found something, those not listed included; errors first, then by name.</param>
/// <param name="Cohorts">Sizes of the held-out sets and their cohorts, in declared order.</param>
/// <param name="Errors">Number of errors, those not listed included; above 0 the exit code is 1.</param>
/// <param name="Warnings">Number of warnings, those not listed included.</param>
public sealed record CheckReport(IReadOnlyList<Finding> Findings, IReadOnlyList<RuleCount> Rules, IReadOnlyList<CohortSize> Cohorts, long Errors, long Warnings);
