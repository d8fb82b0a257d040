namespace Nearfar.Mining.Rules;

/// <summary>Refuses what a second opinion puts near the lowest positive: the ratio on its background-corrected scores, the margin on raw ones. What it cannot judge is refused.</summary>
internal sealed class TeacherRule(double? ratio, double? margin) : IMiningRule
{
    public string? Label => string.Join("; ", new[]
    {
        ratio is null ? null : FormattableString.Invariant($"teacher_ratio<{ratio}"),
        margin is null ? null : FormattableString.Invariant($"teacher_margin={margin}"),
    }.OfType<string>());

    public string? Refusal(Candidate candidate, MiningQuestion question)
    {
        if (candidate.Teacher is not { } score || question.TeacherLowest is not { } lowest)
        {
            return "teacher cannot judge";
        }

        double corrected = lowest - question.TeacherBackground;
        bool near = ratio is { } share && score - question.TeacherBackground >= corrected - (Math.Abs(corrected) * (1 - share));
        return near ? "not below the teacher's ratio" : margin is { } wanted && score > lowest - wanted ? "within the teacher's margin" : null;
    }

    public double? Likelihood(Candidate candidate, MiningQuestion question) =>
        candidate.Teacher is not { } score || question.TeacherLowest is not { } lowest ? null
        : lowest - question.TeacherBackground > 0.01 ? (score - question.TeacherBackground) / (lowest - question.TeacherBackground)
        : Math.Exp(Math.Min(score - lowest, 1));
}
