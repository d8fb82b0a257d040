using Nearfar.Mining.Reviewing;
using Nearfar.Pairs;

namespace Nearfar.Mining.Rules;

/// <summary>What a reviewer rejected is never a negative of that question again.</summary>
internal sealed class RejectedRule(Corpus corpus, ReviewDecisions decisions) : IMiningRule
{
    public bool IsFinal => true;

    public string? Refusal(Candidate candidate, MiningQuestion question) =>
        decisions.Find(question.Pair.FoldKey, corpus.Documents[candidate.Document].Id)?.Decision == ReviewDecision.Reject ? "rejected in review" : null;
}
