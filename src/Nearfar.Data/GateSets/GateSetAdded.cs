using Nearfar.Gating.Sets;

namespace Nearfar.Data.GateSets;

/// <summary>What came of adding questions to a gate set.</summary>
/// <param name="Added">Ids of the rows that were written; empty when any row was refused and refused rows are not skipped.</param>
/// <param name="Refused">Rows that may not stand in a gate set, each with file and line.</param>
/// <param name="NotJudged">Traffic rows whose right page nobody named; they were left.</param>
/// <param name="Failures">Added rows that production failed.</param>
public sealed record GateSetAdded(IReadOnlyList<string> Added, IReadOnlyList<RowRefusal> Refused, int NotJudged, int Failures);
