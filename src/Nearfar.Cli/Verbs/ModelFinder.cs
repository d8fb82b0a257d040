using System.CommandLine;
using Nearfar.Data;
using Nearfar.Encoding;
using Nearfar.Releases;

namespace Nearfar.Cli.Verbs;

/// <summary>Which model a verb means: a folder, a run's name, or the current release.</summary>
internal static class ModelFinder
{
    public static Option<string?> Option() => new("--model") { Description = "Model folder, run name (such as 001), or current. Default: current.", HelpName = "MODEL" };

    /// <param name="context">Opens the workspace when the model is not a folder and none is given.</param>
    /// <param name="model">What the option says.</param>
    /// <param name="workspace">The workspace, when the verb has it open.</param>
    public static async Task<StaticEncoder> LoadAsync(VerbContext context, string? model, Workspace? workspace = null)
    {
        if (model is not null && Directory.Exists(model))
        {
            return StaticEncoder.Load(model);
        }

        workspace ??= await context.OpenWorkspaceAsync();
        if (model is null or "current")
        {
            return StaticEncoder.Load(new ReleaseLedger(Path.Combine(workspace.Output, "releases"), context.Clock).CurrentModelFolder()
                ?? throw new NearfarException("Nothing is released yet. Run nearfar loop, or name a model with --model."));
        }

        string run = Path.Combine(workspace.Output, "runs", model, "model");
        return Directory.Exists(run)
            ? StaticEncoder.Load(run)
            : throw new NearfarException($"No model folder \"{model}\" and no run of that name under {Path.Combine(workspace.Output, "runs")}.");
    }
}
