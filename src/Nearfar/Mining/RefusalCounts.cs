namespace Nearfar.Mining;

/// <summary>Counts refusals by rule, in ordinal order of the rule's name.</summary>
internal sealed class RefusalCounts
{
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, int> Counts => _counts;

    public void Add(string rule, int count = 1)
    {
        if (count > 0)
        {
            _counts[rule] = _counts.GetValueOrDefault(rule) + count;
        }
    }
}
