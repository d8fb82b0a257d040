using System.Globalization;
using Nearfar.Evaluation;
using Nearfar.Gating;

namespace Nearfar.Bench.Simulation;

/// <summary>How a simulation runs: seed, threads, repetitions, and where its tables go.</summary>
/// <param name="Output">Receives Markdown.</param>
/// <param name="Seed">Of everything drawn.</param>
/// <param name="Threads">Changes no number.</param>
/// <param name="Scale">Share of the repetitions that a page of results takes.</param>
internal sealed record Study(TextWriter Output, ulong Seed, int Threads, double Scale)
{
    /// <summary>Intent of 308 questions, one language, one length.</summary>
    public static readonly CohortKey[] Protected = [PlantedSet.IntentKey(3), new("language", "l1"), new("length", "short")];

    /// <summary>A policy that uses every rule at once: overall, three protected cohorts, a margin floor on every intent, a violation limit, the joint test.</summary>
    public static GatePolicy Whole => Joint with
    {
        Protected = Protected,
        ViolationLimit = 0.03,
        Floors = [Floor],
    };

    /// <summary>The joint test of other cohorts beside the overall test. Fewer flips than the default, for time: 1 % is twenty of them.</summary>
    public static GatePolicy Joint => new() { Reference = ReferenceKind.Current, Metric = "recall@5", Flips = 1999 };

    /// <summary>Margin .18 in every intent, found in the candidate's space.</summary>
    public static GateFloor Floor => new(new CohortKey("intent", "*"), MetricNames.MarginMean, 0.18, "space-candidate");

    public int Repetitions(int wanted) => Math.Max(2, (int)(wanted * Scale));

    public T[] Run<T>(int wanted, Func<int, T> one) => Simulation.Repetitions.Run(Repetitions(wanted), Threads, one);

    public void Row(params object[] cells) => Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells)} |"));

    public void Head(string title, params string[] columns)
    {
        Output.WriteLine($"\n{title}\n\n| {string.Join(" | ", columns)} |\n|{string.Concat(Enumerable.Repeat("---|", columns.Length))}");
        Output.Flush();
    }
}
