namespace Nearfar.Mining.Reviewing;

/// <summary>What a person said about a document that a rule kept from being a negative.</summary>
public enum ReviewDecision
{
    /// <summary>It is wrong for the question: a negative, in spite of the rule.</summary>
    Accept,

    /// <summary>It is not clearly wrong: never a negative of this question.</summary>
    Reject,

    /// <summary>It answers the question: a positive.</summary>
    Promote,
}
