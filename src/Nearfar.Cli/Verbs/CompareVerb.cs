using System.CommandLine;
using System.Globalization;
using Nearfar.Evaluation;
using Nearfar.Reporting;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar compare</c>: two reports of one set.</summary>
internal sealed class CompareVerb : Verb
{
    private readonly Argument<string> _before = new("before") { Description = "report.json of the reference." };
    private readonly Argument<string> _after = new("after") { Description = "report.json of the candidate." };
    private readonly Option<int> _top = new("--top") { Description = "The k of \"right page in top k\".", DefaultValueFactory = _ => 3, HelpName = "K" };

    public override string Name => "compare";

    public override string Description => "Differences of two reports with intervals, fixed and broken questions. Example: nearfar compare before.json after.json";

    protected override void Declare(Command command)
    {
        command.Add(_before);
        command.Add(_after);
        command.Add(_top);
    }

    protected override Task<int> RunAsync(VerbContext context)
    {
        var before = EvalReportJson.Load(context.Parsed.GetRequiredValue(_before));
        var after = EvalReportJson.Load(context.Parsed.GetRequiredValue(_after));
        var comparison = new ReportComparison(before, after, context.Parsed.GetValue(_top));
        context.Emit(new
        {
            comparison.FirstLine,
            comparison.FoundBefore,
            comparison.FoundAfter,
            @fixed = comparison.Fixed.Select(q => new { q.Id, q.Query, q.Before, q.After }),
            broken = comparison.Broken.Select(q => new { q.Id, q.Query, q.Before, q.After }),
            sign_test = comparison.SignTest,
            comparison.Overall,
            comparison.Cohorts,
        });
        foreach (string line in ConsoleSummary.Lines(new ReportInput { Candidate = after, References = [before], Top = comparison.Top }))
        {
            context.Say(line);
        }

        context.Table(["measure", "before", "after", "difference", "95 % interval", "wins", "losses"], comparison.Overall.Select(m => (IReadOnlyList<string>)
        [
            m.Key, Number(m.Value.Before), Number(m.Value.After), Signed(m.Value.Difference),
            m.Value.Low is null ? "too few" : $"{Signed(m.Value.Low.Value)} to {Signed(m.Value.High!.Value)}",
            m.Value.Wins.ToString(CultureInfo.InvariantCulture), m.Value.Losses.ToString(CultureInfo.InvariantCulture),
        ]), 1, 2, 3, 4, 5, 6);
        foreach (var (title, questions) in new[] { ("broken", comparison.Broken), ("fixed", comparison.Fixed) })
        {
            foreach (var question in questions.Take(10))
            {
                context.Say($"  {title}  {question.Id}: rank {Rank(question.Before)} to {Rank(question.After)}  {question.Query}");
            }
        }

        context.Next("nearfar gate RUN, to decide by the policy");
        return Task.FromResult(0);
    }

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Signed(double value) => value.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture);

    private static string Rank(int? rank) => rank?.ToString(CultureInfo.InvariantCulture) ?? "none";
}
