namespace Nearfar.Labels;

/// <summary>A question whose right documents nobody named.</summary>
/// <param name="Id">The traffic row that asked.</param>
/// <param name="Query">The question.</param>
/// <param name="Failed">Whether the user was not served: a thumb down, an escalation.</param>
public sealed record LabelQuestion(string Id, string Query, bool Failed);
