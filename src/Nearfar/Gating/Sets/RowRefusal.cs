using Nearfar.Pairs;

namespace Nearfar.Gating.Sets;

/// <summary>Why a row may not stand in a gate set.</summary>
/// <param name="Rule">Short name of the rule, for example <c>one-sided-negative</c>.</param>
/// <param name="RowId">The row.</param>
/// <param name="Problem">File, line, what was found and what to do.</param>
public sealed record RowRefusal(string Rule, string RowId, DataProblem Problem);
