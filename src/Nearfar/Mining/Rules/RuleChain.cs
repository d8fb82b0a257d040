using Nearfar.Mining.Reviewing;
using Nearfar.Pairs;

namespace Nearfar.Mining.Rules;

/// <summary>The rules in their order: what costs little and is certain first, scores behind it; the teacher and the caps come after all of these.</summary>
internal sealed class RuleChain(IReadOnlyList<IMiningRule> rules, TeacherRule? teacher, string? label)
{
    /// <summary>Refuses before the teacher is asked.</summary>
    public IReadOnlyList<IMiningRule> Rules => rules;

    public TeacherRule? Teacher => teacher;

    /// <summary>How the provenance names what admitted a negative.</summary>
    public string Label { get; } = label ?? LabelOf([.. rules, .. teacher is null ? Array.Empty<IMiningRule>() : [teacher]]);

    /// <summary>For training queries: every rule that the options turn on.</summary>
    public static RuleChain ForTraining(Corpus corpus, MiningOptions options, IReadOnlyList<HeldOutSeal> seals, ReviewDecisions decisions, bool teacher)
    {
        var rules = new List<IMiningRule> { new RankWindowRule(options.SkipRanks, options.RangeMax) };
        rules.AddRange(Vetting(corpus, seals, decisions));
        if (options.MaxScore is not null || options.MinScore is not null)
        {
            rules.Add(new ScoreBoundsRule(options.MinScore, options.MaxScore));
        }

        if (options.PositiveRatio is { } ratio)
        {
            rules.Add(new PositiveRatioRule(ratio));
        }

        if (options.RelativeMargin is { } relative)
        {
            rules.Add(new MarginRule(relative, relative: true));
        }

        if (options.AbsoluteMargin is { } absolute)
        {
            rules.Add(new MarginRule(absolute, relative: false));
        }

        return new RuleChain(rules, TeacherOf(options, teacher), options.Sampling == MiningSampling.Uniform ? "random" : null);
    }

    /// <summary>For failed traffic: what ranks above the right page is near by definition, so no rule compares its score with the positive's.</summary>
    public static RuleChain ForFailures(Corpus corpus, MiningOptions options, IReadOnlyList<HeldOutSeal> seals, ReviewDecisions decisions, bool teacher) =>
        new(Vetting(corpus, seals, decisions), TeacherOf(options, teacher), "ranked above the right page");

    private static List<IMiningRule> Vetting(Corpus corpus, IReadOnlyList<HeldOutSeal> seals, ReviewDecisions decisions)
    {
        var rules = new List<IMiningRule> { new OwnPositiveRule(), new OwnQuestionRule(corpus), new HeldOutPageRule(corpus, seals) };
        if (decisions.Count > 0)
        {
            rules.Add(new RejectedRule(corpus, decisions));
        }

        return [.. rules, new NearDuplicateRule(corpus), new AnswerRule(corpus)];
    }

    private static TeacherRule? TeacherOf(MiningOptions options, bool teacher) => teacher ? new TeacherRule(options.TeacherRatio, options.TeacherMargin) : null;

    private static string LabelOf(IReadOnlyList<IMiningRule> rules) =>
        string.Join("; ", rules.Select(r => r.Label).Where(l => !string.IsNullOrEmpty(l))) is { Length: > 0 } labels ? labels : "every candidate";
}
