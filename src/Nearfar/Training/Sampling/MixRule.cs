namespace Nearfar.Training.Sampling;

/// <summary>How often each of several data sets gives a batch.</summary>
public enum MixRule
{
    /// <summary>All batches of all sets, in random order.</summary>
    Proportional,

    /// <summary>One batch of each set in turn; the epoch ends with the set that has the fewest, another part of the larger ones comes in the next.</summary>
    RoundRobin,

    /// <summary>Batches in proportion to rows ^ (1 / temperature): small sets come more often than their share, several times over if need be.</summary>
    Temperature,
}
