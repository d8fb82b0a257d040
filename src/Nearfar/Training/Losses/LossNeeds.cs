namespace Nearfar.Training.Losses;

/// <summary>Side data a loss reads beside the rows.</summary>
[Flags]
public enum LossNeeds
{
    /// <summary>Rows alone.</summary>
    None = 0,

    /// <summary>The documents that are no negatives of an anchor.</summary>
    Mask = 1,
}
