using System.Diagnostics;
using System.Globalization;

namespace Nearfar.Bench.Simulation;

/// <summary>Proof of the gate by planted truth: what it blocks, passes and finds when the answer is known.</summary>
internal static class SimulateBench
{
    private static readonly (string Name, Action<Study> Run)[] s_studies =
    [
        ("healthy", HealthyStudy.Run),
        ("references", ReferenceStudy.Run),
        ("signs", SignStudy.Run),
        ("limits", LimitStudy.Run),
        ("power", PowerStudy.Run),
        ("floors", FloorStudy.Run),
        ("coverage", CoverageStudy.Run),
        ("intervals", IntervalStudy.Run),
        ("figures", FigureStudy.Run),
        ("small", SmallStudy.Run),
        ("digest", DigestStudy.Run),
        ("cost", CostStudy.Run),
    ];

    /// <param name="args">Studies by name, all without one; <c>--scale .1</c> for a tenth of the repetitions; <c>--threads 2</c>; <c>--seed 1</c>; <c>--keep FOLDER</c> for a run that may be stopped; <c>--only TEXT</c> for the cells that hold it in their name.</param>
    /// <param name="output">Receives Markdown tables.</param>
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        if (args.FirstOrDefault() == "real")
        {
            return await RealStudy.Run(args[1..], output);
        }

        string Option(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and int at && at + 1 < args.Length ? args[at + 1] : otherwise;
        var study = new Study(output, ulong.Parse(Option("--seed", "1"), CultureInfo.InvariantCulture),
            int.Parse(Option("--threads", "2"), CultureInfo.InvariantCulture), double.Parse(Option("--scale", "1"), CultureInfo.InvariantCulture),
            Option("--keep", "") is { Length: > 0 } folder ? folder : null, Option("--only", "") is { Length: > 0 } part ? part : null);
        var chosen = s_studies.Where(s => args.Contains(s.Name)).ToArray();
        output.WriteLine($"{Machine.Name()}; seed {study.Seed}");
        foreach (var (name, run) in chosen.Length > 0 ? chosen : s_studies)
        {
            var watch = Stopwatch.StartNew();
            run(study);
            Console.Error.WriteLine($"{name}: {watch.Elapsed.TotalSeconds:0} s");
        }

        return 0;
    }
}
