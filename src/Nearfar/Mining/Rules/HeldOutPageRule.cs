using Nearfar.Pairs;

namespace Nearfar.Mining.Rules;

/// <summary>Pages that only dev or gate ask for are not trained against.</summary>
internal sealed class HeldOutPageRule(Corpus corpus, IReadOnlyList<HeldOutSeal> seals) : IMiningRule
{
    public bool IsFinal => true;

    public string? Refusal(Candidate candidate, MiningQuestion question)
    {
        string id = corpus.Documents[candidate.Document].Id;
        return seals.Any(s => s.IsHeldOutPage(id)) ? "page held out for dev or gate" : null;
    }
}
