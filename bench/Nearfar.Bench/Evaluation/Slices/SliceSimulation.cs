using System.Globalization;
using Nearfar.Evaluation.Slices;
using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Evaluation.Slices;

/// <summary>How often something is found where nothing is, and where something is.</summary>
internal static class SliceSimulation
{
    private const int Permutations = 499;

    /// <summary>Family-wise error: share of null data sets with any adjusted p of at most .05.</summary>
    public static void WriteError(TextWriter output, int repetitions)
    {
        output.WriteLine($"\n| Null data, {repetitions:N0} repetitions | Questions | Pages | Slices | Error | 95 % interval | Rows shown | Questions permuted singly |\n|---|---|---|---|---|---|---|---|");
        foreach (var (name, draws, questions, pages, shared, depth) in new[]      // the second text seeds the draws
        {
            ("one question a page, triples", "one question a page", 2000, 2000, 0.0, 3),
            ("one question a page, pairs", "one question a page, pairs", 1000, 1000, 0.0, 2),
            ("many pages, power law, independent, pairs", "pages of 1 to 30 questions, independent", 2000, 600, 0.0, 2),
            ("many pages, correlation .3, pairs", "pages of 1 to 30 questions, correlation .3", 2000, 600, 0.3, 2),
            ("many pages, correlation .3, triples", "pages of 1 to 30 questions, correlation .3, triples", 2000, 600, 0.3, 3),
            ("few large pages, correlation .3, pairs", "few large pages, correlation .3", 2000, 80, 0.3, 2),
        })
        {
            var set = new MadeUpSet(questions, pages, 11);
            var lattice = set.Lattice(depth);
            int tested = 0;
            var counts = new int[3];
            Parallel.For(0, repetitions, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, r =>
            {
                double[] values = set.Margins(SeededRandom.For(5, r, draws), shared);
                var options = new SliceOptions { Permutations = Permutations, Seed = (ulong)r + 1 };
                var search = SliceSearch.Run(lattice, set.Permutation(values), options, 1);
                Interlocked.Exchange(ref tested, search.Tested.Length);
                bool found = search.Result.Adjusted.Any(p => p <= 0.05);
                bool shown = found && SliceSelection.Choose(search, 0.05, 10).Count > 0;
                Interlocked.Add(ref counts[0], found ? 1 : 0);
                Interlocked.Add(ref counts[1], shown ? 1 : 0);
                if (pages < questions && r < repetitions / 4)
                {
                    var naive = SliceSearch.Run(lattice, set.Permutation(values, single: true), options with { LeastClusters = 1 }, 1);
                    Interlocked.Add(ref counts[2], naive.Result.Adjusted.Any(p => p <= 0.05) ? 1 : 0);
                }
            });
            double share = (double)counts[0] / repetitions;
            double half = 1.96 * Math.Sqrt(share * (1 - share) / repetitions);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {questions:N0} | {set.Starts.Length - 1:N0} | {tested:N0} | {100 * share:0.00} % | {100 * (share - half):0.00} to {100 * (share + half):0.00} % | {100.0 * counts[1] / repetitions:0.00} % | {(pages < questions ? (100.0 * counts[2] / (repetitions / 4)).ToString("0.0", CultureInfo.InvariantCulture) + " %" : "the same")} |"));
            output.Flush();
        }
    }

    /// <summary>Share of data sets in which a planted slice, or one that holds it, is among the rows shown.</summary>
    public static void WritePower(TextWriter output, int repetitions)
    {
        output.WriteLine($"\n| Planted, {repetitions:N0} repetitions | n | Fall | Proven | Shown as itself | Shown, itself or a part or whole of it |\n|---|---|---|---|---|---|");
        var set = new MadeUpSet(5000, 5000, 11);
        var lattice = set.Lattice(3);
        foreach (var (attributes, n, fall) in new[]
        {
            ("language", 49, 0.12), ("language x doc_age", 49, 0.12), ("language x doc_age", 15, 0.12), ("product x intent", 15, 0.15), ("product x intent x channel", 15, 0.15), ("product x intent", 49, 0.08),
        })
        {
            string[] wanted = attributes.Split(" x ");
            int planted = Nearest(lattice, wanted, n);
            int[] members = lattice.Members(planted).ToArray();
            var counts = new int[3];
            Parallel.For(0, repetitions, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, r =>
            {
                double[] values = set.Margins(SeededRandom.For(6, r, attributes), 0);
                foreach (int i in members)
                {
                    values[i] -= fall;
                }

                var search = SliceSearch.Run(lattice, set.Permutation(values), new SliceOptions { Permutations = Permutations, Seed = (ulong)r + 1 }, 1);
                var shown = SliceSelection.Choose(search, 0.05, 10);
                Interlocked.Add(ref counts[0], search.AdjustedP(planted) <= 0.05 ? 1 : 0);
                Interlocked.Add(ref counts[1], shown.Contains(planted) ? 1 : 0);
                Interlocked.Add(ref counts[2], shown.Any(s => IsRelated(lattice, s, planted)) ? 1 : 0);
            });
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {attributes} | {members.Length} | {fall:0.00} | {(double)counts[0] / repetitions:0.00} | {(double)counts[1] / repetitions:0.00} | {(double)counts[2] / repetitions:0.00} |"));
            output.Flush();
        }
    }

    private static bool IsRelated(SliceLattice lattice, int a, int b)
    {
        var (x, y) = (lattice.Conditions(a).ToHashSet(), lattice.Conditions(b).ToHashSet());
        return x.IsSubsetOf(y) || y.IsSubsetOf(x);
    }

    private static int Nearest(SliceLattice lattice, string[] attributes, int n) => Enumerable.Range(0, lattice.Count)
        .Where(node => !lattice.IsRedundant(node) && lattice.Conditions(node).Select(c => c.Attribute).Order(StringComparer.Ordinal).SequenceEqual(attributes.Order(StringComparer.Ordinal)))
        .OrderBy(node => Math.Abs(lattice.Members(node).Length - n)).ThenBy(node => node).First();
}
