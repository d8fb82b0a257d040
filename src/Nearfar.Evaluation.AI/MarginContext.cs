using Microsoft.Extensions.AI.Evaluation;

namespace Nearfar.Evaluation.AI;

/// <summary>Texts that answer the question and texts that are near and wrong; for <see cref="MarginEvaluator"/>.</summary>
public sealed class MarginContext : EvaluationContext
{
    /// <param name="positives">Texts that answer, at least one.</param>
    /// <param name="hardNegatives">Texts that are near and wrong, at least one.</param>
    public MarginContext(IReadOnlyList<string> positives, IReadOnlyList<string> hardNegatives)
        : base("Margin", $"right: {string.Join(" | ", positives)}; wrong: {string.Join(" | ", hardNegatives)}")
    {
        Positives = positives;
        HardNegatives = hardNegatives;
    }

    /// <summary>Texts that answer.</summary>
    public IReadOnlyList<string> Positives { get; }

    /// <summary>Texts that are near and wrong.</summary>
    public IReadOnlyList<string> HardNegatives { get; }
}
