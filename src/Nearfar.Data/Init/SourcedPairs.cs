using Nearfar.Pairs;

namespace Nearfar.Data.Init;

/// <summary>What a source gave.</summary>
/// <param name="Documents">What is searched.</param>
/// <param name="Pairs">One for each question, with provenance.</param>
/// <param name="Skipped">Rows that were left out.</param>
/// <param name="Problems">The first of their problems.</param>
public sealed record SourcedPairs(IReadOnlyList<Document> Documents, IReadOnlyList<Pair> Pairs, long Skipped, IReadOnlyList<DataProblem> Problems);
