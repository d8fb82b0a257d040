using System.CommandLine;
using System.Globalization;
using Nearfar.Evaluation;
using Nearfar.Evaluation.Spaces;
using Nearfar.Reporting;
using Nearfar.Vectors;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar compare</c>: two reports of one set, or the vectors of two spaces.</summary>
internal sealed class CompareVerb : Verb
{
    private readonly Argument<string> _before = new("before") { Description = "report.json of the reference; with --vectors its vectors." };
    private readonly Argument<string> _after = new("after") { Description = "report.json of the candidate; with --vectors its vectors." };
    private readonly Option<int> _top = new("--top") { Description = "The k of \"right page in top k\".", DefaultValueFactory = _ => 3, HelpName = "K" };
    private readonly Option<bool> _vectors = new("--vectors") { Description = "Compare two .safetensors files of the same texts: neighbours, Procrustes residual, CKA. No vector of one space meets one of the other." };

    public override string Name => "compare";

    public override string Description => "Differences of two reports with intervals, fixed and broken questions. Example: nearfar compare before.json after.json";

    protected override void Declare(Command command)
    {
        command.Add(_before);
        command.Add(_after);
        command.Add(_top);
        command.Add(_vectors);
    }

    protected override Task<int> RunAsync(VerbContext context)
    {
        if (context.Parsed.GetValue(_vectors))
        {
            ShowVectors(context, new VectorComparison(
                VectorSet.Load(context.Parsed.GetRequiredValue(_before)), VectorSet.Load(context.Parsed.GetRequiredValue(_after)), seed: context.Seed ?? 1));
            return Task.FromResult(0);
        }

        var before = EvalReportJson.Load(context.Parsed.GetRequiredValue(_before));
        var after = EvalReportJson.Load(context.Parsed.GetRequiredValue(_after));
        var comparison = new ReportComparison(before, after, context.Parsed.GetValue(_top));
        var spaces = SpacesOf(before, after);
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
            spaces = spaces is null ? null : new { spaces.K, spaces.Questions, spaces.Overlap, spaces.RankBiasedOverlap, spaces.TopChurn, spaces.KendallTau, spaces.Hubs },
        });
        foreach (string line in ConsoleSummary.Lines(new ReportInput { Candidate = after, References = [before], Top = comparison.Top }))
        {
            context.Say(line);
        }

        bool few = comparison.Overall.Values.Any(m => m.FewChanges);
        context.Table(["measure", "before", "after", "difference", "95 % interval", "wins", "losses"], comparison.Overall.Select(m => (IReadOnlyList<string>)
        [
            m.Key, Number(m.Value.Before), Number(m.Value.After), Signed(m.Value.Difference),
            m.Value.Low is null ? "too few" : $"{(m.Value.FewChanges ? "about " : "")}{Signed(m.Value.Low.Value)} to {Signed(m.Value.High!.Value)}",
            m.Value.Wins.ToString(CultureInfo.InvariantCulture), m.Value.Losses.ToString(CultureInfo.InvariantCulture),
        ]), 1, 2, 3, 4, 5, 6);
        if (few)
        {
            context.Say($"about: {IntervalText.LongMeaning}.");
        }

        foreach (var (title, questions) in new[] { ("broken", comparison.Broken), ("fixed", comparison.Fixed) })
        {
            foreach (var question in questions.Take(10))
            {
                context.Say($"  {title}  {question.Id}: rank {Rank(question.Before)} to {Rank(question.After)}  {question.Query}");
            }
        }

        if (spaces is not null)
        {
            Show(context, spaces);
        }

        context.Next($"nearfar gate RUN{context.WorkspaceFlag}, to decide by the policy");
        return Task.FromResult(0);
    }

    // Lists of ids are all that two spaces, or a space and a keyword ranking, have in common.
    private static SpaceComparison? SpacesOf(EvalReport before, EvalReport after)
    {
        bool haveLists = before.Queries.Any(q => q.Top.Count > 0) && after.Queries.Any(q => q.Top.Count > 0);
        return haveLists && !Equals(before.Space, after.Space) ? new SpaceComparison(before, after) : null;
    }

    private static void Show(VerbContext context, SpaceComparison spaces)
    {
        context.Say();
        context.Say($"Two spaces: {Whose(spaces.Before)} and {Whose(spaces.After)}. Their scores have different units and are not compared; each question is searched in its own space.");
        var rows = new List<IReadOnlyList<string>>
        {
            Row($"top-{spaces.K} overlap", spaces.Overlap),
            Row("rank-biased overlap", spaces.RankBiasedOverlap),
            Row("top-1 churn", spaces.TopChurn),
        };
        if (spaces.KendallTau is { } tau)
        {
            rows.Add(Row("Kendall tau", tau));
        }

        context.Table(["each against itself", "value", "95 % interval", "questions"], rows, 1, 2, 3);
        if (rows.Any(r => r[2].StartsWith("about", StringComparison.Ordinal)))
        {
            context.Say($"about: {IntervalText.LongEventMeaning}.");
        }

        ShowHubs(context, spaces.Hubs);
    }

    private static void ShowVectors(VerbContext context, VectorComparison vectors)
    {
        context.Emit(new
        {
            before = vectors.Before.Id,
            after = vectors.After.Id,
            vectors.Shared,
            vectors.K,
            vectors.Seed,
            vectors.Overlap,
            vectors.RankBiasedOverlap,
            vectors.TopChurn,
            vectors.KendallTau,
            vectors.Procrustes,
            vectors.Cka,
            vectors.DebiasedCka,
            vectors.Hubs,
        });
        context.Say($"{vectors.Shared} texts in space {vectors.Before} and in space {vectors.After}.");
        var rows = new List<IReadOnlyList<string>>
        {
            Row($"top-{vectors.K} overlap", vectors.Overlap),
            Row("rank-biased overlap", vectors.RankBiasedOverlap),
            Row("top-1 churn", vectors.TopChurn),
        };
        if (vectors.KendallTau is { } tau)
        {
            rows.Add(Row("Kendall tau", tau));
        }

        rows.Add(["Procrustes residual", Maybe(vectors.Procrustes), "", ""]);
        rows.Add(["CKA", Maybe(vectors.Cka), "", ""]);
        rows.Add(["CKA, debiased", Maybe(vectors.DebiasedCka), "", ""]);
        context.Table(["each against itself", "value", "about 95 %", "texts"], rows, 1, 2, 3);
        context.Say("about 95 %: texts that share neighbours are not independent; between 91 and 98 in 100 such intervals hold the truth.");
        ShowHubs(context, vectors.Hubs);
        context.Next($"nearfar eval --model MODEL{context.WorkspaceFlag}, to see which of the two finds the right page");
    }

    private static void ShowHubs(VerbContext context, HubChange hubs)
    {
        context.Say($"Hubs: skewness {Maybe(hubs.SkewBefore)} to {Maybe(hubs.SkewAfter)}; {hubs.Moved.ToString("P0", CultureInfo.InvariantCulture)} of the places went to another document.");
        foreach (var move in hubs.Documents.Take(3))
        {
            context.Say($"  {move.Id}: found by {move.Before}, now by {move.After}");
        }
    }

    private static string[] Row(string name, MetricSummary metric)
    {
        string[] row = Row(name, new Estimate(metric.N, metric.Mean, metric.Low, metric.High));
        row[2] = (metric.FewEvents ? "about " : "") + row[2];
        return row;
    }

    private static string[] Row(string name, Estimate estimate) =>
    [
        name, Number(estimate.Value), estimate.Low is null ? "too few" : $"{Number(estimate.Low.Value)} to {Number(estimate.High!.Value)}", estimate.N.ToString(CultureInfo.InvariantCulture),
    ];

    private static string Whose(EvalReport report) => report.Space?.ToString() ?? $"{report.Label} (a ranking without vectors)";

    private static string Maybe(double? value) => value is { } number ? Number(number) : "none";

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Signed(double value) => value.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture);

    private static string Rank(int? rank) => rank?.ToString(CultureInfo.InvariantCulture) ?? "none";
}
