namespace Nearfar.Data.Checking;

/// <summary>How often one rule found something.</summary>
/// <param name="Rule">Short name of the rule.</param>
/// <param name="Severity">How much its findings weigh.</param>
/// <param name="Count">All of them, those not listed included.</param>
public sealed record RuleCount(string Rule, FindingSeverity Severity, long Count);
