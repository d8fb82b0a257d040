using Nearfar.Evaluation;
using Nearfar.Evaluation.Geometry;
using Nearfar.Training.Sampling;
using Drawn = Nearfar.Bench.Simulation.FigureStudy.Drawn;

namespace Nearfar.Bench.Simulation;

/// <summary>Figures of a space: how documents spread, which directions they use, how often they are found.</summary>
internal static class FigureSpaces
{
    private const int Depth = 10;

    public static void Run(Study study)
    {
        foreach (bool clusters in new[] { false, true })
        {
            string shape = clusters ? "ten clusters" : "one cloud";
            FigureStudy.Rows(study, "spread", $"{shape}, 16 dimensions", 300, _ => null, (random, n) => Of(FigureWorlds.Cloud(random, n, 16, clusters), spread: true));
            foreach (var (dimensions, least) in new[] { (5, 100), (15, 300), (50, 1000) })
            {
                FigureStudy.Rows(study, "spectrum", $"{shape}, {dimensions} dimensions", 1000, _ => null, (random, n) => Of(FigureWorlds.Cloud(random, n, dimensions, clusters), spread: false), dimensions == 50 ? 500 : 1000, least);
            }
        }

        foreach (bool single in new[] { true, false })
        {
            Hubs(study, "200 documents", single, _ => 200);
            Hubs(study, "as many documents as questions", single, n => n);
            Hubs(study, "1,000 documents", single, _ => 1000);
        }
    }

    private static IEnumerable<Drawn> Of(float[][] sample, bool spread)
    {
        var measures = new SortedDictionary<string, Estimate>(StringComparer.Ordinal);
        if (spread)
        {
            Spread.AddTo(measures, sample);
        }
        else
        {
            Spectrum.AddTo(measures, sample);
        }

        return measures.Select(m => FigureStudy.Measured(m.Key, m.Value));
    }

    // Documents stay, questions are drawn: each is near one document.
    private static void Hubs(Study study, string world, bool single, Func<int, int> documents) =>
        FigureStudy.Rows(study, "hubs", $"{world}, {(single ? "independent" : "2.2 a page")}", 300, _ => null, (random, n) =>
        {
            float[][] rows = FigureWorlds.Cloud(SeededRandom.For(11, documents(n), "documents"), documents(n), 16, clusters: false);
            int[] pages = FigureWorlds.Pages(n, single);
            int[] targets = [.. Enumerable.Range(0, n).Select(_ => random.Below(rows.Length))];
            int[][] found = [.. pages.Select(p => Nearest(rows, FigureWorlds.Near(random, rows[targets[p]], .8)))];
            var measures = new SortedDictionary<string, Estimate>(StringComparer.Ordinal);
            Hubness.AddTo(measures, found, [.. pages.Select(p => $"{p}")], rows.Length, Depth, study.Seed);
            return measures.Select(m => FigureStudy.Measured(m.Key, m.Value));
        }, 1000);

    private static int[] Nearest(float[][] rows, float[] question)
    {
        float[] distances = [.. rows.Select(r => -System.Numerics.Tensors.TensorPrimitives.Dot<float>(r, question))];
        int[] order = [.. Enumerable.Range(0, rows.Length)];
        Array.Sort(distances, order);
        return order[..Depth];
    }
}
