namespace Nearfar.Mining;

/// <summary>Caps how often one document serves as a negative, so that a hub does not fill the set.</summary>
internal sealed class HubCap(int documents, int cap)
{
    private readonly int[] _taken = new int[documents];

    public bool TryTake(int document) => _taken[document] < cap && ++_taken[document] > 0;
}
