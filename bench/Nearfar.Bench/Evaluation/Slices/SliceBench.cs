using System.Globalization;
using Nearfar.Evaluation.Slices;
using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Evaluation.Slices;

/// <summary>Slice discovery and the joint test of the gate: speed, error where nothing is wrong, power.</summary>
internal static class SliceBench
{
    /// <param name="args">Parts: <c>flips</c>, <c>speed</c>, <c>error</c>, <c>power</c>, default all; then repetitions of the simulations (10,000; a tenth of it for power).</param>
    /// <param name="output">Receives Markdown tables.</param>
    public static Task<int> Run(string[] args, TextWriter output)
    {
        int repetitions = args.Select(a => int.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out int r) ? r : 0).DefaultIfEmpty().Max() is > 0 and var given ? given : 10_000;
        bool all = !args.Any(a => a is "flips" or "speed" or "error" or "power");
        output.WriteLine($"{Machine.Name()}.\n");
        if (all || args.Contains("flips"))
        {
            FlipSpeed.Write(output);
        }

        if (all || args.Contains("speed"))
        {
            WriteSpeed(output);
        }

        if (all || args.Contains("error"))
        {
            SliceSimulation.WriteError(output, repetitions);
        }

        if (all || args.Contains("power"))
        {
            SliceSimulation.WritePower(output, Math.Max(1, repetitions / 10));
        }

        return Task.FromResult(0);
    }

    private static void WriteSpeed(TextWriter output)
    {
        output.WriteLine("\n| 5,000 questions, up to 3 of 6 attributes | Least questions | Slices | Permutations | 1 thread, ms | 2 threads, ms |\n|---|---|---|---|---|---|");
        foreach (var (pages, least, permutations) in new[] { (5000, 10, 499), (1500, 10, 499), (5000, 6, 499), (1500, 6, 499), (5000, 10, 1999) })
        {
            var set = new MadeUpSet(5000, pages, 11);
            double[] values = set.Margins(new SeededRandom(2), 0.2);
            var options = new SliceOptions { Permutations = permutations };
            int slices = 0;
            double[] times = [.. Enumerable.Range(1, 2).Select(threads => 1000 * Timing.Median(15, () =>
                slices = SliceSearch.Run(set.Lattice(3, least), set.Permutation(values), options, threads).Tested.Length))];
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {set.Starts.Length - 1:N0} pages | {least} | {slices:N0} | {permutations:N0} | {times[0]:0} | {times[1]:0} |"));
        }
    }
}
