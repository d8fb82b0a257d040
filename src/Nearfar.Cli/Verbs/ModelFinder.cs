using System.CommandLine;
using Nearfar.Encoding;
using Nearfar.Releases;

namespace Nearfar.Cli.Verbs;

/// <summary>Which model a verb means: a folder, a run's name, or the current release.</summary>
internal static class ModelFinder
{
    public static Option<string?> Option() => new("--model") { Description = "Model folder, run name (such as 001), or current. Default: current.", HelpName = "MODEL" };

    public static async Task<StaticEncoder> LoadAsync(VerbContext context, string? model) => StaticEncoder.Load(await FolderAsync(context, model));

    public static async Task<string> FolderAsync(VerbContext context, string? model)
    {
        if (model is not null && Directory.Exists(model))
        {
            return model;
        }

        var workspace = await context.OpenWorkspaceAsync();
        if (model is null or "current")
        {
            return new ReleaseLedger(Path.Combine(workspace.Output, "releases"), context.Clock).CurrentModelFolder()
                ?? throw new NearfarException("Nothing is released yet. Run nearfar loop, or name a model with --model.");
        }

        string run = Path.Combine(workspace.Output, "runs", model, "model");
        return Directory.Exists(run) ? run : throw new NearfarException($"No model folder \"{model}\" and no run of that name under {Path.Combine(workspace.Output, "runs")}.");
    }
}
