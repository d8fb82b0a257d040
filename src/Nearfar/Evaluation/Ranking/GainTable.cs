namespace Nearfar.Evaluation.Ranking;

/// <summary>Gain by grade: a rule, and grades that are worth something else (trec_eval: <c>ndcg.1=3,2=9</c>).</summary>
internal sealed class GainTable(GainKind kind, IReadOnlyDictionary<int, double>? remapped = null)
{
    public static GainTable Linear { get; } = new(GainKind.Linear);

    public static GainTable Exponential { get; } = new(GainKind.Exponential);

    /// <summary>Grades above 0 alone have a gain, and a higher one a higher gain.</summary>
    public bool IsPlain => remapped is null;

    /// <summary>0 for a negative grade: such a document is not judged.</summary>
    public double Of(int grade)
    {
        if (grade < 0)
        {
            return 0;
        }

        return remapped is not null && remapped.TryGetValue(grade, out double gain) ? gain
            : kind == GainKind.Linear ? grade
            : Math.Pow(2, grade) - 1;
    }
}
