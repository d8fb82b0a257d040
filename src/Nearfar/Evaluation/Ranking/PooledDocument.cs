namespace Nearfar.Evaluation.Ranking;

/// <summary>One judgement: where its document's id lies, and the grade.</summary>
/// <param name="Start">First byte of the id in the pools' bytes.</param>
/// <param name="Length">Bytes of the id.</param>
/// <param name="Hash">Of the id.</param>
/// <param name="Grade">May be negative: in the pool, not judged.</param>
/// <param name="Line">0-based line of the file.</param>
internal readonly record struct PooledDocument(int Start, int Length, uint Hash, int Grade, int Line);
