using System.CommandLine;
using System.Globalization;
using Nearfar.Data;
using Nearfar.Data.Providers;
using Nearfar.Encoding;
using Nearfar.Releases;

namespace Nearfar.Cli.Verbs;

/// <summary>Which encoder a verb means: a folder, a run's name, the current release, or the provider's model that the workspace names.</summary>
internal static class ModelFinder
{
    public static Option<string?> Option() => new("--model") { Description = "Model folder, run name (such as 001), or current. Default: current; where the workspace names a provider's model, that one.", HelpName = "MODEL" };

    /// <param name="context">Opens the workspace when the model is not a folder and none is given.</param>
    /// <param name="model">What the option says.</param>
    /// <param name="workspace">The workspace, when the verb has it open.</param>
    /// <returns>A provider's encoder is to be closed: <see cref="Close"/>.</returns>
    public static async Task<IEncoder> LoadAsync(VerbContext context, string? model, Workspace? workspace = null)
    {
        if (model is not null && Directory.Exists(model))
        {
            return await FolderAsync(context, model, workspace);
        }

        workspace ??= await context.OpenWorkspaceAsync();
        if (model is null or "current")
        {
            var settings = workspace.Options.Encoder;
            if (ProviderEncoder.IsProvider(settings.Kind))
            {
                return await ProviderEncoder.OpenAsync(settings, Path.Combine(workspace.Output, "cache"), null, context.Clock, context.Cancellation);
            }

            return await FolderAsync(context, new ReleaseLedger(Path.Combine(workspace.Output, "releases"), context.Clock).CurrentModelFolder()
                ?? throw new NearfarException("Nothing is released yet. Run nearfar loop, or name a model with --model."), workspace);
        }

        string run = Path.Combine(workspace.Output, "runs", model, "model");
        return Directory.Exists(run)
            ? await FolderAsync(context, run, workspace)
            : throw new NearfarException($"No model folder \"{model}\" and no run of that name under {Path.Combine(workspace.Output, "runs")}.");
    }

    /// <summary>The encoder of a model folder. An adapter without a copy of its base is served by the one that the workspace names.</summary>
    public static async Task<IEncoder> FolderAsync(VerbContext context, string folder, Workspace? workspace)
    {
        if (!AdapterModelFolder.IsAdapter(folder) || AdapterModelFolder.HoldsBase(folder))
        {
            return ModelFolder.Load(folder);
        }

        workspace ??= await context.OpenWorkspaceAsync();
        return AdapterModelFolder.Load(folder, await workspace.OpenBaseAsync(context.Clock, null, context.Cancellation)
            ?? (workspace.Options.Encoder is { Kind: "adapter", From: { } from } && Directory.Exists(from) ? ModelFolder.Load(from) : null));
    }

    /// <summary>What pools and baselines use where the workspace's encoders need a provider: the current release, else the adapter's frozen base. Null: files are enough.</summary>
    /// <returns>To be closed: <see cref="Close"/>.</returns>
    public static async Task<IEncoder?> BaselineAsync(VerbContext context, Workspace workspace)
    {
        var frozen = await workspace.OpenBaseAsync(context.Clock, null, context.Cancellation);
        return frozen is not null && new ReleaseLedger(Path.Combine(workspace.Output, "releases"), context.Clock).CurrentModelFolder() is { } folder ? ModelFolder.Load(folder, frozen) : frozen;
    }

    /// <summary>Closes a provider's encoder, also beneath an adapter, and says on stderr what it cost; does nothing with one of our own or none.</summary>
    public static void Close(VerbContext context, IEncoder? encoder)
    {
        if ((encoder is AdapterEncoder adapter ? adapter.Base : encoder) is not ProviderEncoder provider)
        {
            return;
        }

        var usage = provider.Usage;
        string cost = usage.Cost is { } money ? $", {money:0.######}" : "";
        context.Note(string.Create(CultureInfo.InvariantCulture,
            $"{provider.Space.Label}: {usage.Calls} calls ({usage.Retries} of them retries), {usage.Texts} texts sent, {usage.FromCache} from the cache, {(usage.TokensEstimated ? "at most " : "")}{usage.Tokens} tokens{cost}."));
        provider.Dispose();
    }
}
