using System.CommandLine;
using Nearfar.Data;
using Nearfar.Releases;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar lineage</c>: the chain from a traffic question to a release, both ways.</summary>
internal sealed class LineageVerb : Verb
{
    private const int Shown = 12;
    private readonly Argument<string> _id = new("id") { Description = "traffic:…, pair:…, run:…, model:… or decision:…" };

    public override string Name => "lineage";

    public override string Description => "Walks traffic, mined pair, run, model, decision, release, both ways. Example: nearfar lineage run:001";

    protected override void Declare(Command command) => command.Add(_id);

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var workspace = await context.OpenWorkspaceAsync();
        var chain = Lineage.Load(workspace.Output, workspace.Traffic).Walk(context.Parsed.GetRequiredValue(_id));
        context.Emit(chain);
        context.Say($"{chain.Subject.Name}  {chain.Subject.Detail}");
        Show(context, "came from", chain.Origins);
        Show(context, "led to", chain.Effects);
        context.Next($"nearfar history{context.WorkspaceFlag}");
        return 0;
    }

    private static void Show(VerbContext context, string title, IReadOnlyList<LineageStep> steps)
    {
        context.Say(steps.Count == 0 ? $"{title}: nothing" : $"{title}:");
        foreach (var group in steps.GroupBy(s => s.Kind))
        {
            foreach (var step in group.Take(Shown))
            {
                context.Say($"  {step.Name}  {step.Detail}");
            }

            if (group.Count() > Shown)
            {
                context.Say($"  and {group.Count() - Shown} more of kind {group.Key.ToString().ToLowerInvariant()}; --json lists all");
            }
        }
    }
}
