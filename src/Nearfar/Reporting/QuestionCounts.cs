namespace Nearfar.Reporting;

/// <summary>Questions whose right page is in the top k; before, fixed and broken are null without a reference.</summary>
internal sealed record QuestionCounts(int Questions, int Top, int Now, int? Before, int? Fixed, int? Broken)
{
    /// <summary>The first line a person reads.</summary>
    public string FirstLine => Before is null
        ? $"{Figures.Count(Questions, "question")}: right page in top {Figures.Whole(Top)} for {Figures.Whole(Now)}"
        : $"{Figures.Count(Questions, "question")}: right page in top {Figures.Whole(Top)} for {Figures.Whole(Before.Value)}, now {Figures.Whole(Now)}; {Figures.Whole(Fixed!.Value)} fixed, {Figures.Whole(Broken!.Value)} broken";

    /// <summary>Right page in the top k both times.</summary>
    public int? Kept => Now - Fixed;

    /// <summary>Right page outside the top k both times.</summary>
    public int? Missed => Questions - Now - Broken;
}
