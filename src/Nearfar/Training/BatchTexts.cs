namespace Nearfar.Training;

/// <summary>A row in words.</summary>
internal readonly record struct BatchTexts(string Pair, string Query, string Positive, IReadOnlyList<string> HardNegatives);
