namespace Nearfar.Gating;

/// <summary>How a floor on a raw margin is carried from the space it was found in to a candidate's, both scored on one dev set.</summary>
public enum FloorTransfer
{
    /// <summary>In standard deviations of the background: the same distance from random pairs.</summary>
    Spread,

    /// <summary>By quantile: the floor below which as large a share of the dev questions lies. Asks as much of every space, whatever it is good at.</summary>
    Quantile,
}
