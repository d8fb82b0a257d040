namespace Nearfar.Evaluation.Similarity;

/// <summary>Two texts to compare.</summary>
/// <param name="Response">What came: encoded as a query.</param>
/// <param name="ExpectedResponse">What was wanted: encoded as a document.</param>
public readonly record struct SimilarityInput(string? Response, string? ExpectedResponse);
