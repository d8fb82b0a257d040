namespace Nearfar.Text.Patterns;

/// <summary>One instruction of a compiled pattern.</summary>
internal readonly record struct PatternCode(PatternOperation Operation, int Min = 0, int Max = 0, CodePointSet? Set = null);
