using System.IO.Hashing;
using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Mining.Rules;

/// <summary>A document that reads as the question itself, but for case and white space, is never its negative: it would be pushed away from its own words.</summary>
internal sealed class OwnQuestionRule(Corpus corpus) : IMiningRule
{
    private readonly Dictionary<int, UInt128> _folds = [];
    private (MiningQuestion? Question, UInt128 Fold) _asked;

    public bool IsFinal => true;

    public string? Refusal(Candidate candidate, MiningQuestion question)
    {
        if (!ReferenceEquals(_asked.Question, question))
        {
            _asked = (question, FoldOf(question.Pair.Query));
        }

        if (!_folds.TryGetValue(candidate.Document, out var fold))
        {
            _folds[candidate.Document] = fold = FoldOf(corpus.Documents[candidate.Document].Content);
        }

        return fold == _asked.Fold ? "the question itself" : null;
    }

    private static UInt128 FoldOf(string text) => XxHash128.HashToUInt128(System.Text.Encoding.UTF8.GetBytes(FoldKeys.Of(text)));
}
