using System.CommandLine;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Nearfar.Data;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar doctor</c>: what this machine has, what the workspace lacks.</summary>
internal sealed class DoctorVerb : Verb
{
    private readonly Argument<string?> _workspace = CommonOptions.Folder();

    public override string Name => "doctor";

    public override string Description => "Tells what this machine has and what the workspace lacks. Example: nearfar doctor";

    protected override void Declare(Command command) => command.Add(_workspace);

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var facts = new List<(string Name, string Value)>
        {
            ("nearfar", typeof(DoctorVerb).Assembly.GetName().Version?.ToString(3) ?? "unknown"),
            ("runtime", RuntimeInformation.FrameworkDescription),
            ("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
            ("processors", Environment.ProcessorCount.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ("vectors", Vector512.IsHardwareAccelerated ? "512 bits" : Vector256.IsHardwareAccelerated ? "256 bits" : Vector128.IsHardwareAccelerated ? "128 bits" : "none: training will be slow"),
            ("memory", $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20} MB"),
        };
        string? found = context.Parsed.GetValue(_workspace) ?? context.Parsed.GetValue(CommonOptions.Workspace) ?? Workspace.Find(Directory.GetCurrentDirectory());
        if (found is null)
        {
            facts.Add(("workspace", "none here; make one with nearfar init"));
        }
        else
        {
            var workspace = await Workspace.OpenAsync(found, context.Cancellation);
            facts.Add(("workspace", workspace.Path));
            var data = workspace.Options.Data;
            foreach (var (name, source) in new[] { ("corpus", data.Corpus), ("train", data.Train), ("dev", data.Dev), ("gate", data.Gate), ("traffic", data.Traffic) })
            {
                facts.Add((name, source is null ? "not named" : File.Exists(source.Path) || Directory.Exists(source.Path) ? source.Path : $"missing: {source.Path}"));
            }

            facts.Add(("output", $"{workspace.Output}, {FreeSpace(workspace.Output)}"));
        }

        context.Emit(facts.ToDictionary(f => f.Name, f => f.Value));
        context.Table(["what", "found"], facts.Select(f => (IReadOnlyList<string>)[f.Name, f.Value]));
        context.Next(found is null ? "nearfar init --from faq.csv" : "nearfar check");
        return 0;
    }

    private static string FreeSpace(string folder)
    {
        string full = Path.GetFullPath(folder);
        var drive = DriveInfo.GetDrives().Where(d => d.IsReady && full.StartsWith(d.RootDirectory.FullName, StringComparison.Ordinal)).MaxBy(d => d.RootDirectory.FullName.Length);
        return drive is null ? "free space unknown" : $"{drive.AvailableFreeSpace >> 20} MB free";
    }
}
