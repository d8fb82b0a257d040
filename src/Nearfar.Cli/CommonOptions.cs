using System.CommandLine;

namespace Nearfar.Cli;

/// <summary>Options that every verb has.</summary>
internal static class CommonOptions
{
    public static readonly Option<bool> Json = new("--json") { Description = "Print one JSON document on stdout; all else goes to stderr.", Recursive = true };

    public static readonly Option<bool> Quiet = new("--quiet") { Description = "No progress and no hints.", Recursive = true };

    public static readonly Option<ulong?> Seed = new("--seed") { Description = "Seed of everything random; default: the workspace's, else 1.", Recursive = true };

    public static readonly Option<string?> Workspace = new("--workspace") { Description = "nearfar.yaml or its folder; default: the current folder or a parent.", Recursive = true, HelpName = "FILE" };

    /// <summary>A folder argument that may stand for the workspace in it.</summary>
    public static Argument<string?> Folder() => new("workspace") { Description = "Folder or file of the workspace; default: the current folder or a parent.", Arity = ArgumentArity.ZeroOrOne };
}
