using Nearfar.Pairs;

namespace Nearfar.Data.Init;

/// <summary>What <see cref="WorkspaceBuilder"/> wrote.</summary>
/// <param name="WorkspacePath">The workspace file.</param>
/// <param name="Documents">Rows of the corpus.</param>
/// <param name="Train">Pairs to learn from.</param>
/// <param name="Dev">Questions for model selection.</param>
/// <param name="GateKnown">Gate questions on pages that are trained on with other questions.</param>
/// <param name="GateNew">Gate questions on pages that training does not see.</param>
/// <param name="Skipped">Rows of the source that were left out.</param>
/// <param name="Problems">Why, for the first of them.</param>
public sealed record InitSummary(string WorkspacePath, int Documents, int Train, int Dev, int GateKnown, int GateNew, long Skipped, IReadOnlyList<DataProblem> Problems);
