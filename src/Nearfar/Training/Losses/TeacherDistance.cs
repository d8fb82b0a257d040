namespace Nearfar.Training.Losses;

/// <summary>How far a vector is from its teacher's.</summary>
internal enum TeacherDistance
{
    /// <summary>1 - cosine; mean over the rows.</summary>
    Cosine,

    /// <summary>Squared difference; mean over the values.</summary>
    Mse,

    /// <summary>Length of the difference; mean over the rows.</summary>
    L2,
}
