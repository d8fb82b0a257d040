using System.CommandLine;
using System.Globalization;
using Nearfar.Data;

namespace Nearfar.Cli.Verbs;

/// <summary>Every key of the section <c>mining</c> as an option of the command line, which wins over the file.</summary>
internal sealed class MiningFlags
{
    private readonly Option<int?> _perQuery = new("--per-query") { Description = "Negatives kept for each query; default 4.", HelpName = "N" };
    private readonly Option<string?> _ratio = new("--positive-ratio") { Description = "Highest share of the lowest positive's similarity, both less the background; off: no such rule. Default 0.95.", HelpName = "R" };
    private readonly Option<double?> _relative = new("--relative-margin") { Description = "Drop s above pos - |pos| M, on raw similarities.", HelpName = "M" };
    private readonly Option<double?> _absolute = new("--absolute-margin") { Description = "Drop s above pos - M, on raw similarities.", HelpName = "M" };
    private readonly Option<double?> _most = new("--max-score") { Description = "Drop similarities above this.", HelpName = "S" };
    private readonly Option<double?> _least = new("--min-score") { Description = "Drop similarities below this.", HelpName = "S" };
    private readonly Option<int?> _candidates = new("--candidates") { Description = "Documents looked at per query and ranker; default 100.", HelpName = "N" };
    private readonly Option<int?> _skip = new("--skip-ranks", "--range-min") { Description = "Best raw ranks that are passed over; default 0.", HelpName = "N" };
    private readonly Option<int?> _last = new("--range-max") { Description = "Last raw rank that is taken.", HelpName = "N" };
    private readonly Option<int?> _perDocument = new("--per-document") { Description = "Queries one document may be a negative of; default 4 times the even share, at least 8.", HelpName = "N" };
    private readonly Option<string?> _sources = new("--sources") { Description = "Who puts candidates forward: encoder, bm25, model folders or run names, with commas. Default encoder,bm25.", HelpName = "LIST" };
    private readonly Option<string?> _teacher = new("--teacher") { Description = "Another model, folder or run name, that gives a second opinion on each negative.", HelpName = "MODEL" };
    private readonly Option<string?> _teacherRatio = new("--teacher-ratio") { Description = "As --positive-ratio, on the teacher's scores. Default 0.95.", HelpName = "R" };
    private readonly Option<double?> _teacherMargin = new("--teacher-margin") { Description = "Drop what the teacher scores above its lowest positive less this.", HelpName = "M" };
    private readonly Option<string?> _byCohort = new("--by-cohort") { Description = "Cohort attribute whose weak values on dev get more negatives, strong ones fewer.", HelpName = "ATTRIBUTE" };
    private readonly Option<string?> _sampling = new("--sampling") { Description = "top: the nearest admitted; random: drawn from the admitted; uniform: drawn from the corpus, a control. Default top.", HelpName = "HOW" };
    private readonly Option<int?> _review = new("--review") { Description = "Likely false negatives listed for review; default 200.", HelpName = "N" };
    private readonly Option<string?> _apply = new("--apply") { Description = "Respect the decisions of a review file.", HelpName = "FILE" };
    private readonly Option<bool> _cache = new("--cache") { Description = "Keep vectors on disk by space and text, under cache/ of the output folder." };

    public void Declare(Command command)
    {
        foreach (Option option in new Option[] { _perQuery, _ratio, _relative, _absolute, _most, _least, _candidates, _skip, _last, _perDocument, _sources, _teacher, _teacherRatio, _teacherMargin, _byCohort, _sampling, _review, _apply, _cache })
        {
            command.Add(option);
        }
    }

    /// <summary>The workspace's settings with what the command line says over them.</summary>
    /// <exception cref="NearfarException">Flags that cannot be read; all in one message.</exception>
    public MiningSettings Over(ParseResult parsed, Workspace workspace)
    {
        var problems = new List<string>();
        var file = workspace.Options.Mining;
        var (ratio, noRatio) = Ratio(parsed, _ratio, (file.PositiveRatio, file.NoPositiveRatio), problems);
        var (teacherRatio, noTeacherRatio) = Ratio(parsed, _teacherRatio, (file.TeacherRatio, file.NoTeacherRatio), problems);
        var settings = file with
        {
            PerQuery = parsed.GetValue(_perQuery) ?? file.PerQuery,
            PositiveRatio = ratio,
            NoPositiveRatio = noRatio,
            RelativeMargin = parsed.GetValue(_relative) ?? file.RelativeMargin,
            AbsoluteMargin = parsed.GetValue(_absolute) ?? file.AbsoluteMargin,
            MaxScore = parsed.GetValue(_most) ?? file.MaxScore,
            MinScore = parsed.GetValue(_least) ?? file.MinScore,
            Candidates = parsed.GetValue(_candidates) ?? file.Candidates,
            SkipRanks = parsed.GetValue(_skip) ?? file.SkipRanks,
            RangeMax = parsed.GetValue(_last) ?? file.RangeMax,
            PerDocument = parsed.GetValue(_perDocument) ?? file.PerDocument,
            Sources = parsed.GetValue(_sources) is { } sources ? [.. sources.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(s => s is "encoder" or "bm25" ? s : Model(s, workspace))] : file.Sources,
            Teacher = parsed.GetValue(_teacher) is { } teacher ? Model(teacher, workspace) : file.Teacher,
            TeacherRatio = teacherRatio,
            NoTeacherRatio = noTeacherRatio,
            TeacherMargin = parsed.GetValue(_teacherMargin) ?? file.TeacherMargin,
            ByCohort = parsed.GetValue(_byCohort) ?? file.ByCohort,
            Sampling = parsed.GetValue(_sampling) ?? file.Sampling,
            Review = parsed.GetValue(_review) ?? file.Review,
            Decisions = parsed.GetValue(_apply) ?? file.Decisions,
            Cache = parsed.GetValue(_cache) || file.Cache,
        };
        if (settings.Sampling is not (null or "top" or "random" or "uniform"))
        {
            problems.Add($"--sampling is \"{settings.Sampling}\"; wanted top, random or uniform");
        }

        if (settings.Teacher is null && (settings.TeacherRatio is not null || settings.TeacherMargin is not null || settings.NoTeacherRatio))
        {
            problems.Add("--teacher-ratio and --teacher-margin need --teacher");
        }

        problems.AddRange(workspace.MiningOptions(settings: settings).Problems());
        return problems.Count == 0 ? settings : throw new NearfarException($"Mining options: {string.Join("; ", problems)}.");
    }

    private static (double? Value, bool Off) Ratio(ParseResult parsed, Option<string?> option, (double? Value, bool Off) file, List<string> problems)
    {
        string? text = parsed.GetValue(option);
        if (text is null or "off")
        {
            return text is null ? file : (null, true);
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value))
        {
            return (value, false);
        }

        problems.Add($"{option.Name} is \"{text}\"; wanted a number above 0, at most 1, or off");
        return file;
    }

    // A folder as it is, or the model of a run.
    private static string Model(string name, Workspace workspace) =>
        Directory.Exists(name) ? name : Path.Combine(workspace.Output, "runs", name, "model") is var run && Directory.Exists(run) ? run : name;
}
