namespace Nearfar.Training.Losses;

/// <summary>Side data a loss reads beside the rows. What it does not name is empty in the <see cref="RowSide"/>.</summary>
[Flags]
public enum LossNeeds
{
    /// <summary>Rows alone.</summary>
    None = 0,

    /// <summary>The documents that are no negatives of an anchor.</summary>
    Mask = 1,

    /// <summary>The group of each pair; pairs of one group are no negatives of each other.</summary>
    Labels = 2,

    /// <summary>How near the two texts of each row ought to be.</summary>
    Targets = 4,

    /// <summary>Graded documents of each anchor, several of them right.</summary>
    Grades = 8,

    /// <summary>Vectors of another encoder for every row: a guide, or a teacher to copy.</summary>
    Guide = 16,

    /// <summary>A teacher's score of each anchor's own documents.</summary>
    TeacherScores = 32,

    /// <summary>Which text each document is, and every text that answers an anchor: for losses that remember documents of other batches.</summary>
    Identity = 64,
}
