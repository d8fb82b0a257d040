namespace Nearfar.Training.Optimization;

/// <summary>How the rate goes after warm-up.</summary>
public enum RateSchedule
{
    /// <summary>Falls evenly to 0.</summary>
    Linear,

    /// <summary>Falls along half a cosine to 0 (Loshchilov and Hutter 2017, arXiv:1608.03983, eq. 5, without restarts).</summary>
    Cosine,

    /// <summary>Stays at the peak.</summary>
    Constant,
}
