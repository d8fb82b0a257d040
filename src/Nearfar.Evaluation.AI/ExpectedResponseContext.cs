using Microsoft.Extensions.AI.Evaluation;

namespace Nearfar.Evaluation.AI;

/// <summary>What the response should have said; for <see cref="EmbeddingSimilarityEvaluator"/>.</summary>
public sealed class ExpectedResponseContext : EvaluationContext
{
    /// <param name="expectedResponse">The wanted text.</param>
    public ExpectedResponseContext(string expectedResponse) : base("Expected response", expectedResponse) => ExpectedResponse = expectedResponse;

    /// <summary>The wanted text.</summary>
    public string ExpectedResponse { get; }
}
