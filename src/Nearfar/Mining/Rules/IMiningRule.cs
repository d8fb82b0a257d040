namespace Nearfar.Mining.Rules;

/// <summary>One reason for which a candidate is no negative. Rules stand in a chain; the first that refuses is the one that counts.</summary>
internal interface IMiningRule
{
    /// <summary>How the provenance names the rule when it admitted a candidate by its score; null for rules that read no score.</summary>
    string? Label => null;

    /// <summary>Whether a refusal is for good: no reviewer can turn it into a negative.</summary>
    bool IsFinal => false;

    /// <summary>Why the candidate is refused, in the words that are counted; null when it is admitted.</summary>
    string? Refusal(Candidate candidate, MiningQuestion question);

    /// <summary>How likely a refused candidate is a right document that nobody marked: about 1 when it is as near as the positive; null when the rule says nothing about that.</summary>
    double? Likelihood(Candidate candidate, MiningQuestion question) => null;
}
