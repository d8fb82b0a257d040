using System.Globalization;
using System.Text.Json;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Simulation;

/// <summary>How a simulation runs: seed, threads, repetitions, and where its tables go.</summary>
/// <param name="Output">Receives Markdown.</param>
/// <param name="Seed">Of everything drawn.</param>
/// <param name="Threads">Changes no number.</param>
/// <param name="Scale">Share of the repetitions that a page of results takes.</param>
/// <param name="Only">Rows whose cell's name does not hold it are left out; null: none is.</param>
/// <param name="Kept">Folder where finished repetitions are kept, a file a cell, so that a run that was stopped goes on; null: nothing is.</param>
internal sealed record Study(TextWriter Output, ulong Seed, int Threads, double Scale, string? Kept = null, string? Only = null)
{
    private const int Chunk = 100;
    private static readonly JsonSerializerOptions s_json = new() { IncludeFields = true };

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

    /// <summary>The policy with a seed of this repetition's own, so that the luck of one matrix of signs averages out.</summary>
    public static GatePolicy WithOwnSigns(GatePolicy policy, ulong seed, int repetition) => policy with { Seed = SeededRandom.For(seed, repetition, "signs").Next() };

    /// <summary>Margin .18 in every intent, found in the candidate's space.</summary>
    public static GateFloor Floor => new(new CohortKey("intent", "*"), MetricNames.MarginMean, 0.18, "space-candidate");

    /// <summary>Whether a row is asked for, by the name of its cell.</summary>
    public bool Wants(string cell) => Only is null || cell.Contains(Only, StringComparison.OrdinalIgnoreCase);

    public int Repetitions(int wanted) => Math.Max(2, (int)(wanted * Scale));

    public T[] Run<T>(int wanted, Func<int, T> one) => Simulation.Repetitions.Run(Repetitions(wanted), Threads, one);

    /// <summary>The same, by hundreds, each hundred appended to the cell's file once it is done; what stands there is not run again.</summary>
    /// <param name="cell">Names the world and all that is planted in it; with the seed it names the file.</param>
    /// <param name="wanted">Repetitions at scale 1.</param>
    /// <param name="one">What a repetition gives; read back from JSON, so of plain values.</param>
    public T[] Run<T>(string cell, int wanted, Func<int, T> one)
    {
        if (Kept is null)
        {
            return Run(wanted, one);
        }

        int count = Repetitions(wanted);
        return Resume(cell, count, done =>
        {
            int from = done;
            return Simulation.Repetitions.Run(Math.Min(Chunk, count - from), Threads, i => one(from + i));
        });
    }

    /// <summary>One value that takes long, kept likewise.</summary>
    public T Once<T>(string cell, Func<T> make) => Kept is null ? make() : Resume(cell, 1, _ => new[] { make() })[0];

    private T[] Resume<T>(string cell, int count, Func<int, T[]> next)
    {
        Directory.CreateDirectory(Kept!);
        string file = Path.Combine(Kept!, string.Concat(cell.Select(c => char.IsLetterOrDigit(c) || c is '.' or '-' ? c : '_')) + $"-seed{Seed}.jsonl");
        string[] lines = File.Exists(file) ? [.. File.ReadAllText(file).Split('\n')[..^1]] : [];      // a line that was cut off has no end
        File.WriteAllText(file, string.Concat(lines.Select(l => l + "\n")));
        List<T> done = [.. lines.SelectMany(l => JsonSerializer.Deserialize<T[]>(l, s_json)!)];
        while (done.Count < count)
        {
            var chunk = next(done.Count);
            File.AppendAllText(file, JsonSerializer.Serialize(chunk, s_json) + "\n");
            done.AddRange(chunk);
        }

        return [.. done];      // more than asked for, where an earlier run wanted more
    }

    public void Row(params object[] cells) => Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells)} |"));

    public void Head(string title, params string[] columns)
    {
        Output.WriteLine($"\n{title}\n\n| {string.Join(" | ", columns)} |\n|{string.Concat(Enumerable.Repeat("---|", columns.Length))}");
        Output.Flush();
    }
}
