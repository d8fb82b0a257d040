using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Mining.Rules;

/// <summary>A document that holds the pair's answer, but for case and white space, answers.</summary>
internal sealed class AnswerRule(Corpus corpus) : IMiningRule
{
    private const int Shortest = 12;        // below that anything would hold it

    /// <summary>The answer as the rule looks for it; null when it is too short to tell documents apart.</summary>
    public static string? Folded(string? answer) => answer is { Length: >= Shortest } ? FoldKeys.Of(answer) : null;

    public string? Refusal(Candidate candidate, MiningQuestion question) =>
        question.Answer is { } answer && FoldKeys.Of(corpus.Documents[candidate.Document].Content).Contains(answer, StringComparison.Ordinal) ? "holds the answer" : null;

    public double? Likelihood(Candidate candidate, MiningQuestion question) => 1;
}
