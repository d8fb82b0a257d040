using System.CommandLine;
using System.Globalization;
using Nearfar.Data;
using Nearfar.Data.Labels;
using Nearfar.Labels;
using Nearfar.Pairs;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar label</c>: pools what is to be judged, takes judgements, compares raters, puts what was judged where it belongs.</summary>
internal sealed class LabelVerb : Verb
{
    private const int Shown = 10;
    private const int ShownText = 700;

    private readonly Argument<string> _action = new("action") { Description = "pool, rate, agree, apply or convert." };
    private readonly Argument<string[]> _sheets = new("sheet") { Description = "Labelling sheets, JSONL or CSV. pool: none. rate: one. agree: two. apply: one a rater. convert: from and to.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _out = new("--out") { Description = "pool: the sheet, .jsonl or .csv. rate: a sheet of your own. apply: the traffic, pairs or dev. Nothing is written over.", HelpName = "FILE" };
    private readonly Option<string?> _from = new("--from") { Description = "pool: traffic, or dev (its documents that nobody judged); default: traffic, where there is none dev.", HelpName = "WHAT" };
    private readonly Option<string?> _candidate = new("--candidate") { Description = "pool: model folder or run whose first documents are judged too.", HelpName = "MODEL" };
    private readonly Option<int?> _questions = new("--questions") { Description = "pool: questions chosen; default 50.", HelpName = "N" };
    private readonly Option<int?> _depth = new("--depth") { Description = "pool: documents of each ranker; default 10.", HelpName = "N" };
    private readonly Option<string?> _rater = new("--rater") { Description = "rate: who judges.", HelpName = "NAME" };
    private readonly Option<string?> _to = new("--to") { Description = "apply: traffic, pairs, dev or gate.", HelpName = "WHAT" };
    private readonly Option<bool> _skip = new("--skip-refused") { Description = "apply --to gate: add the good rows though others are refused." };

    public override string Name => "label";

    public override string Description => "Finds the right documents of questions that only have a thumb, a click or an escalation, and more of them for dev: pools what is to be judged, blind; takes judgements by key or file; compares raters; applies. "
        + "Example: nearfar label pool --out sheet.jsonl; nearfar label rate sheet.jsonl --rater dana; nearfar label apply sheet.jsonl --to traffic --out traffic2.jsonl";

    protected override void Declare(Command command)
    {
        _action.AcceptOnlyFromAmong("pool", "rate", "agree", "apply", "convert");
        _to.AcceptOnlyFromAmong("traffic", "pairs", "dev", "gate");
        _from.AcceptOnlyFromAmong("traffic", "dev");
        command.Add(_action);
        command.Add(_sheets);
        foreach (Option option in new Option[] { _out, _from, _candidate, _questions, _depth, _rater, _to, _skip })
        {
            command.Add(option);
        }
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        string action = context.Parsed.GetRequiredValue(_action);
        string[] sheets = context.Parsed.GetValue(_sheets) ?? [];
        ThrowIfMisplaced(context, action, sheets);
        return action switch
        {
            "pool" => await PoolAsync(context),
            "rate" => Rate(context, sheets[0]),
            "agree" => Agree(context, sheets[0], sheets[1]),
            "apply" => await ApplyAsync(context, sheets),
            _ => Convert(context, sheets[0], sheets[1]),
        };
    }

    private void ThrowIfMisplaced(VerbContext context, string action, string[] sheets)
    {
        (Option Option, string Action)[] owners = [(_from, "pool"), (_candidate, "pool"), (_questions, "pool"), (_depth, "pool"), (_rater, "rate"), (_to, "apply"), (_skip, "apply")];
        var wrong = owners.Where(o => o.Action != action && context.Parsed.GetResult(o.Option) is { Implicit: false }).Select(o => $"{o.Option.Name} belongs to {o.Action}").ToList();
        bool hasOut = context.Parsed.GetValue(_out) is not null;
        string? to = context.Parsed.GetValue(_to);
        wrong.AddRange(action switch
        {
            "pool" when sheets.Length > 0 || !hasOut => ["pool takes no sheet and wants --out, the sheet to write"],
            "rate" when sheets.Length != 1 || string.IsNullOrWhiteSpace(context.Parsed.GetValue(_rater)) => ["rate wants one sheet and --rater, who judges"],
            "agree" when sheets.Length != 2 || hasOut => ["agree wants two sheets of one pool, and writes nothing"],
            "convert" when sheets.Length != 2 || hasOut => ["convert wants two names: the sheet that is there and the one to write"],
            "apply" when sheets.Length == 0 || to is null => ["apply wants sheets and --to traffic, pairs, dev or gate"],
            "apply" when hasOut == (to == "gate") => [to == "gate" ? "--to gate writes the workspace's gate file, so --out has no place" : $"--to {to} wants --out, the file to write"],
            _ => Array.Empty<string>(),
        });
        if (wrong.Count > 0)
        {
            throw new NearfarException($"{string.Join("; ", wrong)}.");
        }
    }

    private async Task<int> PoolAsync(VerbContext context)
    {
        var workspace = await context.OpenWorkspaceAsync();
        var labels = new WorkspaceLabels(workspace, context.Clock, context.Parsed.GetValue(_from) switch { "traffic" => LabelSource.Traffic, "dev" => LabelSource.Dev, _ => null });
        var options = new LabelOptions();
        options = options with
        {
            Questions = context.Parsed.GetValue(_questions) ?? options.Questions,
            Depth = context.Parsed.GetValue(_depth) ?? options.Depth,
            Seed = context.Seed ?? options.Seed,
        };
        var candidate = context.Parsed.GetValue(_candidate) is { } model ? await ModelFinder.LoadAsync(context, model, workspace) : null;
        var baseline = await ModelFinder.BaselineAsync(context, workspace);
        var pool = await context.WithProgress("pool", _ => labels.PoolAsync(options, candidate, baseline, context.Cancellation));
        ModelFinder.Close(context, candidate);
        ModelFinder.Close(context, baseline);
        string path = context.Parsed.GetRequiredValue(_out)!;
        var files = new OutputFiles();
        files.Add(path, p => LabelSheet.Write(p, pool.Rows));
        files.Write();
        bool isDev = labels.Source == LabelSource.Dev;
        context.Emit(new { path, from = isDev ? "dev" : "traffic", pool.Questions, pool.Failed, pool.Available, rows = pool.Rows.Count, pool = pool.Rows.Select(r => r.Pool).FirstOrDefault() });
        context.Say(isDev
            ? $"{path}: {pool.Rows.Count} rows to judge, {pool.Questions} of {pool.Available} questions of dev: those on which the rankers share least, with documents that nobody judged."
            : $"{path}: {pool.Rows.Count} rows to judge, {pool.Questions} of {pool.Available} questions without a known right document, {pool.Failed} of them failed.");
        context.Say("The sheet does not say who found a document; it is shuffled.");
        context.Next($"nearfar label rate {path} --rater YOUR_NAME{context.WorkspaceFlag}, or fill grade (0 to 3) and rater in another tool");
        return 0;
    }

    private int Rate(VerbContext context, string sheet)
    {
        string own = context.Parsed.GetValue(_out) ?? sheet;
        if (System.Console.IsInputRedirected || System.Console.IsOutputRedirected)
        {
            throw new NearfarException($"rate takes keys from a terminal, and here is none. Fill grade (0 to 3, empty where you do not know) and rater in {sheet} with any tool; nearfar label convert makes a CSV of it.");
        }

        // A sheet of one's own that is there already is gone on with; a new one shows nobody's judgements.
        if (own != sheet && !File.Exists(own))
        {
            LabelSheet.Write(own, [.. LabelSheet.Read(sheet).Rows.Select(r => r with { Grade = null, Rater = null, Time = null })]);
        }

        var rows = LabelSheet.Read(own).Rows;

        var session = new LabelSession(rows, context.Parsed.GetRequiredValue(_rater)!, context.Clock, r => LabelSheet.Write(own, r));
        Ask(context, session);
        context.Emit(new { path = own, session.Judged, rows = session.Rows.Count });
        context.Say($"{own}: {session.Judged} of {session.Rows.Count} rows judged.");
        context.Next(session.Position is null ? $"nearfar label apply {own} --to traffic --out FILE{context.WorkspaceFlag}" : $"nearfar label rate {own} --rater {context.Parsed.GetValue(_rater)}{context.WorkspaceFlag}");
        return 0;
    }

    private static void Ask(VerbContext context, LabelSession session)
    {
        while (session.Current is { } row)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Say();
            context.Say($"[{session.Judged + 1} of {session.Rows.Count}] {row.Query}");
            context.Say($"  {row.Title}");
            context.Say($"  {(row.Text.Length > ShownText ? row.Text[..ShownText] + "…" : row.Text)}");
            context.Say("0 wrong, 1 to 3 right, y right, n wrong, s skip, u undo, q quit");
            while (true)
            {
                var key = session.Press(System.Console.ReadKey(intercept: true).KeyChar);
                if (key == LabelKey.Quit)
                {
                    return;
                }

                if (key == LabelKey.Taken)
                {
                    break;
                }
            }
        }
    }

    private static int Agree(VerbContext context, string first, string second)
    {
        var agreement = RaterAgreement.Of(LabelSheet.Read(first).Rows, LabelSheet.Read(second).Rows);
        context.Emit(agreement);
        context.Say(string.Create(CultureInfo.InvariantCulture, $"{agreement.Rows} rows judged by both: {agreement.SameSide:P0} alike on right or wrong, {agreement.Same:P0} with the same grade."));
        context.Say($"Cohen's kappa: {Kappa(agreement.KappaOfRight)} on right or wrong, {Kappa(agreement.Kappa)} on grades, {Kappa(agreement.WeightedKappa)} on grades weighted by the squared difference.");
        foreach (var row in agreement.Disagreements.Take(Shown))
        {
            context.Say($"  {row.QuestionId}, {row.DocumentId}: {row.First} {row.FirstGrade}, {row.Second} {row.SecondGrade}: {row.Query}");
        }

        if (agreement.Disagreements.Count > Shown)
        {
            context.Say($"  and {agreement.Disagreements.Count - Shown} more: --json lists all.");
        }

        context.Next(agreement.Disagreements.Count > 0 ? $"talk about the rows above; then nearfar label apply {first} {second} --to traffic --out FILE{context.WorkspaceFlag} (what stays disputed is left unjudged)"
            : $"nearfar label apply {first} {second} --to traffic --out FILE{context.WorkspaceFlag}");
        return 0;
    }

    private async Task<int> ApplyAsync(VerbContext context, string[] sheets)
    {
        var workspace = await context.OpenWorkspaceAsync();
        string? to = context.Parsed.GetValue(_to);
        var target = new WorkspaceLabels(workspace, context.Clock, to switch { "traffic" => LabelSource.Traffic, "dev" => LabelSource.Dev, _ => null });
        var labels = JudgedLabels.Of([.. sheets.Select(s => LabelSheet.Read(s).Rows)]);
        if (to == "gate")
        {
            return ToGate(context, target, labels);
        }

        string path = context.Parsed.GetRequiredValue(_out)!;
        var files = new OutputFiles();
        int rows;
        if (to == "traffic")
        {
            var traffic = target.ToTraffic(labels);
            rows = traffic.Count(t => t.Provenance?.Source == "human");
            files.Add(path, p => TrafficFile.Write(p, traffic));
        }
        else if (to == "dev")
        {
            var dev = target.ToDev(labels);
            rows = dev.Count;
            files.AddPairs(path, dev);
        }
        else
        {
            var pairs = target.ToPairs(labels);
            rows = pairs.Count > 0 ? pairs.Count : throw new NearfarException("No judged question has a right document outside dev and gate, so there is no pair to write.");
            files.AddPairs(path, pairs);
        }

        files.Write();
        context.Emit(new { path, to, rows, questions = labels.Questions.Count, labels.Unjudged, labels.Disputed });
        context.Say($"{path}: {rows} {to switch { "traffic" => "traffic rows carry judgements now", "dev" => "rows of dev", _ => "pairs" }}, of {labels.Questions.Count} judged questions.");
        Rest(context, labels);
        context.Next(to switch
        {
            "traffic" => $"name it as data.traffic in {workspace.Path}, then nearfar mine --from-failures{context.WorkspaceFlag}",
            "dev" => $"name it as data.dev in {workspace.Path}, then nearfar check{context.WorkspaceFlag}; reports on dev are made anew, its hash is another",
            _ => $"nearfar pairs merge TRAIN {path} --out FILE",
        });
        return 0;
    }

    private int ToGate(VerbContext context, WorkspaceLabels target, JudgedLabels labels)
    {
        bool skip = context.Parsed.GetValue(_skip);
        var added = target.ToGate(labels, skip);
        context.Emit(new { to = "gate", added, labels.Unjudged, labels.Disputed });
        foreach (var refusal in added.Refused)
        {
            context.Say($"{refusal.RowId}: refused [{refusal.Rule}] {refusal.Problem.Message}");
        }

        bool refused = added.Refused.Count > 0 && !skip;
        context.Say(refused ? "Nothing was added: rows are refused. Add the others with --skip-refused." : $"{added.Added.Count} questions added to the gate.");
        Rest(context, labels);
        context.Next(refused ? $"the same with --skip-refused, or nearfar label apply SHEET --to pairs --out FILE{context.WorkspaceFlag}" : $"nearfar gateset freeze{context.WorkspaceFlag}");
        return refused ? 1 : 0;
    }

    private static int Convert(VerbContext context, string from, string to)
    {
        var rows = LabelSheet.Read(from).Rows;
        var files = new OutputFiles();
        files.Add(to, p => LabelSheet.Write(p, rows));
        files.Write();
        context.Emit(new { path = to, rows = rows.Count, judged = rows.Count(r => r.Grade is not null) });
        context.Say($"{to}: {rows.Count} rows, {rows.Count(r => r.Grade is not null)} judged.");
        context.Next($"fill grade and rater, then nearfar label apply {to} --to traffic --out FILE{context.WorkspaceFlag}");
        return 0;
    }

    private static void Rest(VerbContext context, JudgedLabels labels)
    {
        if (labels.Disputed > 0)
        {
            context.Say($"{labels.Disputed} documents are left out: raters disagree whether they are right.");
        }

        if (labels.Unjudged > 0)
        {
            context.Say($"{labels.Unjudged} rows were not judged; they are neither right nor wrong.");
        }
    }

    private static string Kappa(double? value) => value is { } k ? k.ToString("0.00;-0.00", CultureInfo.InvariantCulture) : "undefined (one answer throughout)";
}
