namespace Nearfar.Training.Losses;

/// <summary>What the columns of a loss's batch hold.</summary>
public enum LossRows
{
    /// <summary>Anchor, positive, then hard negatives.</summary>
    Pairs,

    /// <summary>Two texts a row and a target: each positive with its grade (1 where there is none), each hard negative with 0.</summary>
    Scored,
}
