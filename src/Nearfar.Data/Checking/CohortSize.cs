namespace Nearfar.Data.Checking;

/// <summary>How many questions of a held-out set a cohort has, and what that many can prove.</summary>
/// <param name="Set"><c>dev</c> or <c>gate</c>.</param>
/// <param name="Attribute">Cohort attribute; empty for the whole set.</param>
/// <param name="Value">Its value; empty for the whole set.</param>
/// <param name="Questions">Folded questions.</param>
/// <param name="Clusters">Clusters of their positive documents, which is what intervals are made of.</param>
/// <param name="IsProtected">Whether the workspace protects the cohort.</param>
public sealed record CohortSize(string Set, string Attribute, string Value, int Questions, int Clusters, bool IsProtected)
{
    /// <summary>Share of questions on which two models disagree, assumed for planning.</summary>
    public const double AssumedDisagreement = 0.1;

    /// <summary>
    /// Smallest difference of a 0/1 metric between two models that this many questions show: 2.486 sqrt(.1 / n), a paired proportion at
    /// one-sided .05 with power .8 when the models disagree on a tenth of the questions.
    /// </summary>
    public double SmallestEffect => 2.486 * Math.Sqrt(AssumedDisagreement / Questions);

    /// <summary>Questions needed to show a difference, by the same formula.</summary>
    /// <param name="effect">Above 0.</param>
    public static int QuestionsFor(double effect)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(effect);
        return (int)Math.Min(int.MaxValue, Math.Ceiling(2.486 * 2.486 * AssumedDisagreement / (effect * effect)));
    }
}
