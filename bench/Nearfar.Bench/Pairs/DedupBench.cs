using System.Diagnostics;
using System.Globalization;
using Nearfar.Pairs;
using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Pairs;

/// <summary>Near-duplicates of many texts: shingles, MinHash bands, exact check; time, memory and what was missed.</summary>
internal static class DedupBench
{
    private const int Words = 50;
    private const int Vocabulary = 50_000;

    /// <param name="args">Number of texts; default 1,000,000.</param>
    /// <param name="output">Receives a Markdown table.</param>
    public static Task<int> Run(string[] args, TextWriter output)
    {
        int count = args is [var given, ..] ? int.Parse(given, CultureInfo.InvariantCulture) : 1_000_000;
        output.WriteLine($"{Machine.Name()}. {count:N0} texts of {Words} words.\n");
        string[] texts = Make(count, out var planted);
        long withTexts = GC.GetTotalMemory(forceFullCollection: true);
        output.WriteLine("| Threads | Shingles, s | Bands and exact check, s | Both, s | Components | Planted copies found | Peak, MB |\n|---|---|---|---|---|---|---|");
        int[]? before = null;
        foreach (int threads in new[] { Environment.ProcessorCount, 1 })
        {
            var watch = Stopwatch.StartNew();
            uint[][] sets = NearDuplicateJoin.ShinglesOf(count, i => texts[i], threads);
            var shingled = watch.Elapsed;
            var union = new UnionFind(count);
            NearDuplicateJoin.Join(sets, union, threads);
            var all = watch.Elapsed;
            int[] roots = [.. Enumerable.Range(0, count).Select(union.Find)];
            int found = planted.Count(p => roots[p.Copy] == roots[p.Of]);
            using var process = Process.GetCurrentProcess();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {threads} | {shingled.TotalSeconds:0.0} | {(all - shingled).TotalSeconds:0.0} | {all.TotalSeconds:0.0} | {roots.Distinct().Count():N0} | {found:N0} of {planted.Count:N0} | {process.PeakWorkingSet64 >> 20:N0} |"));
            if (before is not null && !roots.SequenceEqual(before))
            {
                throw new InvalidOperationException("One thread gave other components than many.");
            }

            before = roots;
        }

        output.WriteLine($"\nThe texts themselves are {withTexts >> 20:N0} MB of the peak.");
        return Task.FromResult(0);
    }

    // Words as frequent as in language (rank^-1); every tenth text is an earlier one with its first or last word exchanged, which leaves 45 of 47 shingles.
    private static string[] Make(int count, out List<(int Of, int Copy)> planted)
    {
        var random = new SeededRandom(1);
        string[] words = [.. Enumerable.Range(0, Vocabulary).Select(i => Word(random, 2 + (i.ToString(CultureInfo.InvariantCulture).Length * 3 / 2)))];
        double total = Math.Log(Vocabulary);
        string[] texts = new string[count];
        planted = [];
        string[] own = new string[Words];
        for (int i = 0; i < count; i++)
        {
            if (i > 10 && i % 10 == 0)
            {
                int of = random.Below(i);
                own = texts[of].Split(' ');
                own[random.Below(2) == 0 ? 0 : own.Length - 1] = words[random.Below(Vocabulary)];
                planted.Add((of, i));
            }
            else
            {
                for (int w = 0; w < Words; w++)
                {
                    own[w] = words[Math.Min(Vocabulary - 1, (int)Math.Exp(random.Uniform() * total))];
                }
            }

            texts[i] = string.Join(' ', own);
        }

        return texts;
    }

    private static string Word(SeededRandom random, int length) => string.Create(length, random, (span, r) =>
    {
        for (int i = 0; i < span.Length; i++)
        {
            span[i] = (char)('a' + r.Below(26));
        }
    });
}
