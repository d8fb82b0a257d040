using System.CommandLine;
using Nearfar.Encoding;
using Nearfar.Releases;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar release</c>: which model is current, by whose decision.</summary>
internal sealed class ReleaseVerb : Verb
{
    private readonly Argument<string> _action = new("action") { Description = "list, show, promote or rollback." };
    private readonly Argument<string?> _target = new("model") { Description = "Run name or space id (promote, rollback, show).", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _by = new("--by") { Description = "Who decides; needed by promote and rollback.", HelpName = "NAME" };
    private readonly Option<string?> _reason = new("--reason") { Description = "Why, kept in the ledger.", HelpName = "TEXT" };

    public override string Name => "release";

    public override string Description => "Shows and moves the current model. Example: nearfar release list; nearfar release rollback --by dana --reason \"wrong answers in German\"";

    protected override void Declare(Command command)
    {
        _action.AcceptOnlyFromAmong("list", "show", "promote", "rollback");
        command.Add(_action);
        command.Add(_target);
        command.Add(_by);
        command.Add(_reason);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var workspace = await context.OpenWorkspaceAsync();
        var ledger = new ReleaseLedger(Path.Combine(workspace.Output, "releases"), context.Clock);
        string? target = context.Parsed.GetValue(_target);
        switch (context.Parsed.GetRequiredValue(_action))
        {
            case "list":
                List(context, ledger);
                break;
            case "show":
                Show(context, ledger, target);
                break;
            case "promote":
                Promote(context, ledger, workspace.Output, target ?? throw new NearfarException("promote wants a run name, such as 001. See: nearfar history"));
                break;
            default:
                var entry = ledger.Rollback(target, By(context), context.Parsed.GetValue(_reason));
                context.Say($"Current is {entry.Space} (run {entry.Run}) again.");
                context.Emit(entry);
                context.Next($"nearfar release list{context.WorkspaceFlag}");
                break;
        }

        return 0;
    }

    private static void List(VerbContext context, ReleaseLedger ledger)
    {
        var entries = ledger.Read();
        context.Emit(entries);
        if (entries.Count == 0)
        {
            context.Say("Nothing was judged or released yet.");
            context.Next($"nearfar loop{context.WorkspaceFlag}");
            return;
        }

        context.Table(["#", "time", "event", "run", "space", "attempt", "verdict", "by", "reason"],
            entries.Select(e => (IReadOnlyList<string>)[Number(e.Sequence), e.Time.ToString("yyyy-MM-dd HH:mm", null), e.Event.ToString().ToLowerInvariant(), e.Run, e.Space,
                e.Attempt is { } a ? Number(a) : "", e.Verdict ?? "", e.By ?? "", e.Reason ?? ""]), 0, 5);
        context.Say(ledger.Current() is { } current ? $"Current: {current.Space} (run {current.Run})." : "Nothing is released.");
        context.Next($"nearfar history{context.WorkspaceFlag}");
    }

    private static void Show(VerbContext context, ReleaseLedger ledger, string? target)
    {
        var current = ledger.Current();
        var entry = target is null ? current : ledger.Read().LastOrDefault(e => e.Run == target || e.Space == target);
        if (entry is null)
        {
            throw new NearfarException(target is null ? "Nothing is released. Run: nearfar loop" : $"No ledger entry of \"{target}\". See: nearfar release list");
        }

        context.Emit(entry);
        context.Say($"{entry.Space} (run {entry.Run}), {entry.Event.ToString().ToLowerInvariant()} {entry.Time:yyyy-MM-dd HH:mm}Z{(entry.By is null ? "" : " by " + entry.By)}");
        context.Say($"verdict {entry.Verdict ?? "none"}, decision {entry.Decision ?? "none"}");
        if (Directory.Exists(ledger.ModelFolder(entry.Space)))
        {
            context.Say($"model {ledger.ModelFolder(entry.Space)}");
        }

        context.Next($"nearfar lineage run:{entry.Run}{context.WorkspaceFlag}");
    }

    private void Promote(VerbContext context, ReleaseLedger ledger, string output, string run)
    {
        string model = Path.Combine(output, "runs", run, "model");
        // An adapter of a provider is not called up for this: its manifest names its space, and whoever loads it checks that.
        string space = AdapterModelFolder.IsAdapter(model) && !AdapterModelFolder.HoldsBase(model) && ModelManifest.Read(model) is { } manifest ? manifest.Space : ModelFolder.Load(model).Space.Id;
        var judged = ledger.Read().LastOrDefault(e => e.Event == LedgerEvent.Gate && e.Space == space);
        var entry = ledger.Promote(model, space, run, By(context), judged?.Verdict == "passed" ? judged.Decision : null, context.Parsed.GetValue(_reason));
        if (judged?.Verdict != "passed")
        {
            context.Note($"warning: the gate {(judged is null ? "never judged this model" : $"said {judged.Verdict}")}; the ledger says by whom it was released all the same.");
        }

        context.Say($"Current is {entry.Space} (run {run}).");
        context.Emit(entry);
        context.Next($"nearfar search{context.WorkspaceFlag}, which now uses it");
    }

    private string By(VerbContext context) => context.Parsed.GetValue(_by) is { Length: > 0 } by ? by : throw new NearfarException("--by NAME is needed: the ledger records whose decision it is.");

    private static string Number(long value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
