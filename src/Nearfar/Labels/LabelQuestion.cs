namespace Nearfar.Labels;

/// <summary>A question with documents that nobody judged.</summary>
/// <param name="Id">The row that asks, of traffic or dev.</param>
/// <param name="Query">The question.</param>
/// <param name="Failed">Whether the user was not served: a thumb down, an escalation.</param>
public sealed record LabelQuestion(string Id, string Query, bool Failed)
{
    /// <summary>Ids of documents that are judged already: nobody is asked of them again. Default none.</summary>
    public IReadOnlyCollection<string> Judged { get; init; } = [];
}
