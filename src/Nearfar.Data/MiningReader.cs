using System.Globalization;
using Nearfar.Pairs;
using Nearfar.Training;
using YamlDotNet.RepresentationModel;

namespace Nearfar.Data;

/// <summary>Reads the section <c>mining</c>, and <c>train.mining</c>, which varies it inside a run.</summary>
internal static class MiningReader
{
    private static readonly string[] s_outsideKeys = ["review", "cache"];
    private static readonly string[] s_teacherKeys = ["teacher_ratio", "teacher_margin"];

    public static MiningSettings Read(YamlSection? section, IReadOnlyList<CohortRule> cohorts, WorkspacePaths paths)
    {
        if (section is null)
        {
            return new MiningSettings();
        }

        var mining = ReadRules(section, new MiningSettings(), paths) with
        {
            Review = section.Integer("review", 0),
            Cache = section.OneOf("cache", "true", "false") == "true",
        };
        section.Done();
        Check(section, mining, cohorts);
        return mining;
    }

    // The rules of mining inside a run: those of the section mining, but for what is said here.
    public static TrainMiningSettings? ReadInside(YamlSection train, int? hardNegatives, MiningSettings outside, IReadOnlyList<CohortRule> cohorts, WorkspacePaths paths)
    {
        if (train.Section("mining") is not { } section)
        {
            return null;
        }

        var schedule = new MiningSchedule { Every = section.Integer("every", 1) ?? 1, Asynchronous = section.OneOf("asynchronous", "true", "false") == "true", Lag = section.Integer("lag", 0, 1) };
        if (!section.Has("every"))
        {
            train.Problem("mining", "wants every: STEPS, from one mining to the next.");
        }

        if (schedule is { Asynchronous: true, Lag: 0 })
        {
            section.Problem("lag", "is 0, and what is mined beside the training comes into force an interval later. Remove lag, or asynchronous.");
        }

        int columns = hardNegatives ?? new TrainingOptions().HardNegatives;
        var rules = ReadRules(section, outside, paths);
        if (rules.PerQuery > columns && section.Has("per_query"))
        {
            section.Problem("per_query", $"is above hard_negatives ({columns.ToString(CultureInfo.InvariantCulture)}): the rest would be mined for nothing.");
        }

        rules = rules with { PerQuery = Math.Max(1, Math.Min(rules.PerQuery ?? columns, columns)), Review = null, Cache = false };
        if (columns == 0)
        {
            train.Problem("mining", "finds hard negatives, and hard_negatives is 0. Raise it.");
        }

        foreach (string key in s_outsideKeys.Where(section.Has))
        {
            section.Problem(key, "belongs to nearfar mine: inside a run no list is written and no vector outlives its model. Remove it.");
        }

        section.Done();
        Check(section, rules, cohorts);
        return new TrainMiningSettings(schedule, rules);
    }

    private static MiningSettings ReadRules(YamlSection section, MiningSettings outside, WorkspacePaths paths)
    {
        var (ratio, noRatio) = Ratio(section, "positive_ratio");
        var (teacherRatio, noTeacherRatio) = Ratio(section, "teacher_ratio");
        var mining = outside with
        {
            PerQuery = section.Integer("per_query", 1) ?? outside.PerQuery,
            PositiveRatio = section.Has("positive_ratio") ? ratio : outside.PositiveRatio,
            NoPositiveRatio = section.Has("positive_ratio") ? noRatio : outside.NoPositiveRatio,
            RelativeMargin = section.Number("relative_margin", 0, 1) ?? outside.RelativeMargin,
            AbsoluteMargin = section.Number("absolute_margin", 0, 2) ?? outside.AbsoluteMargin,
            MaxScore = section.Number("max_score", -1, 1) ?? outside.MaxScore,
            MinScore = section.Number("min_score", -1, 1) ?? outside.MinScore,
            Candidates = section.Integer("candidates", 1) ?? outside.Candidates,
            SkipRanks = section.Integer("skip_ranks", 0) ?? section.Integer("range_min", 0) ?? outside.SkipRanks,
            RangeMax = section.Integer("range_max", 1) ?? outside.RangeMax,
            PerDocument = section.Integer("per_document", 1) ?? outside.PerDocument,
            Sources = ReadSources(section, paths) ?? outside.Sources,
            Teacher = paths.Of(section, "teacher") ?? outside.Teacher,
            TeacherRatio = section.Has("teacher_ratio") ? teacherRatio : outside.TeacherRatio,
            NoTeacherRatio = section.Has("teacher_ratio") ? noTeacherRatio : outside.NoTeacherRatio,
            TeacherMargin = section.Number("teacher_margin", 0) ?? outside.TeacherMargin,
            ByCohort = section.Text("by_cohort") ?? outside.ByCohort,
            Sampling = section.OneOf("sampling", "top", "random", "uniform") ?? outside.Sampling,
            Decisions = paths.Of(section, "decisions") ?? outside.Decisions,
        };
        section.Has("range_min");       // known also when skip_ranks was read
        return mining;
    }

    private static (double? Value, bool Off) Ratio(YamlSection section, string key) =>
        section.Has(key) && section.Text(key) == "off" ? (null, true) : (section.Number(key, 0, 1, above: true), false);

    private static List<string>? ReadSources(YamlSection section, WorkspacePaths paths)
    {
        if (!section.Has("sources"))
        {
            return null;
        }

        var sources = section.Texts("sources").Select(s => s is "encoder" or "bm25" ? s : paths.Beside(s)).ToList();
        foreach (string twice in sources.GroupBy(s => s, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key))
        {
            section.Problem("sources", $"names \"{twice}\" twice. Keep one.");
        }

        if (sources.Count == 0 && section.Value("sources") is YamlSequenceNode)
        {
            section.Problem("sources", "is empty. Wanted encoder, bm25 or model folders.");
        }

        return sources;
    }

    private static void Check(YamlSection section, MiningSettings mining, IReadOnlyList<CohortRule> cohorts)
    {
        if (mining.Candidates < (mining.PerQuery ?? 1) + (mining.SkipRanks ?? 0))
        {
            section.Problem("candidates", "is below per_query + skip_ranks, so that no query could have its negatives.");
        }

        if (section.Has("skip_ranks") && section.Has("range_min"))
        {
            section.Problem("range_min", "and skip_ranks say the same thing. Keep one.");
        }

        if (mining.RangeMax <= (mining.SkipRanks ?? 0))
        {
            section.Problem("range_max", "is not above skip_ranks, so that no rank is left.");
        }

        if (mining.MinScore > mining.MaxScore)
        {
            section.Problem("min_score", "is above max_score, so that no candidate could pass.");
        }

        foreach (string key in s_teacherKeys.Where(k => mining.Teacher is null && section.Has(k)))
        {
            section.Problem(key, "needs teacher, the model folder that gives a second opinion.");
        }

        string[] attributes = [.. cohorts.Select(c => c.Attribute).Where(a => a != PageCohort.Attribute)];
        if (mining.ByCohort is { } attribute && !attributes.Contains(attribute, StringComparer.Ordinal))
        {
            section.Problem("by_cohort", attributes.Length == 0 ? "needs a cohort that is declared under cohorts." : NearestName.Unknown("cohort", attribute, attributes));
        }
    }
}
