namespace Nearfar.Mining;

/// <summary>Counts refusals by rule, in ordinal order of the rule's name.</summary>
internal sealed class RefusalCounts
{
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, int> Counts => _counts;

    public void Add(string rule) => _counts[rule] = _counts.GetValueOrDefault(rule) + 1;
}

/// <summary>Caps how often one document serves as a negative, so that a hub does not fill the set.</summary>
internal sealed class HubCap(int documents, int cap)
{
    private readonly int[] _taken = new int[documents];

    public bool TryTake(int document) => _taken[document] < cap && ++_taken[document] > 0;
}
