using Nearfar.Data;
using Nearfar.Data.GateSets;

namespace Nearfar.Cli;

/// <summary>What a verb that opens the gate says about the set it reads.</summary>
internal static class GateSetHint
{
    public static void Say(VerbContext context, Workspace workspace)
    {
        if (workspace.FrozenGate is not { } manifest)
        {
            context.Note($"note: the gate set was never frozen, so its negatives are what its rows name. Better: nearfar gateset freeze{context.WorkspaceFlag}, which draws them from all sides and keeps the version.");
            return;
        }

        int pending = new WorkspaceGateSet(workspace, context.Clock).Pending;
        if (pending > 0)
        {
            context.Note($"note: {pending} rows of the gate's file are not in version {manifest.Version} and are not asked. Freeze them: nearfar gateset freeze{context.WorkspaceFlag}");
        }
    }
}
