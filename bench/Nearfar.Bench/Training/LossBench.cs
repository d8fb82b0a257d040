using System.Diagnostics;
using System.Globalization;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Bench.Training;

/// <summary>One loss by its name on random rows: processor time of a step and the most memory the process ever held. A process a loss, so that the memory is its own.</summary>
/// <remarks>Milliseconds of all threads together, the tenth percentile of the steps: what a step takes when nothing else runs.</remarks>
internal static class LossBench
{
    /// <param name="args">NAME[,option=value…] [batch] [dimensions] [threads] [columns] [steps].</param>
    public static Task<int> Run(string[] args, TextWriter output)
    {
        if (args.Length == 0)
        {
            Console.Error.WriteLine($"Name a loss: {string.Join(", ", LossRegistry.All.Select(l => l.Name))}; then batch, dimensions, threads, columns, steps.");
            return Task.FromResult(1);
        }

        string[] words = args[0].Split(',');
        var choice = new LossChoice(words[0], words[1..].Select(w => new KeyValuePair<string, string>(w.Split('=')[0], w.Split('=')[1].Replace(':', ','))));
        int pairs = At(1, 1024), dimensions = At(2, 256), threads = At(3, 2), columns = At(4, 2), steps = At(5, 5);
        var loss = LossRegistry.Create(choice);
        var random = new SeededRandom(1);
        Rows<float>[] rows = [.. Enumerable.Range(0, columns).Select(_ => Column(pairs, dimensions, random))];
        Rows<float>[] gradients = [.. Enumerable.Range(0, columns).Select(_ => Rows.Allocate<float>(pairs, dimensions))];
        var batch = new LossBatch<float>(rows, SideOf(loss.Needs, pairs, columns, 0)) { Guide = loss.Needs.HasFlag(LossNeeds.Guide) ? rows : [] };
        double[] times = new double[steps];
        double value = 0;
        for (int s = -1; s < steps; s++)
        {
            var fresh = batch with { Side = SideOf(loss.Needs, pairs, columns, s + 1) };       // other documents each step, for a queue
            var start = Environment.CpuUsage.TotalTime;
            value = loss.Evaluate(fresh, gradients, new StepInfo(s + 2, 1, threads)).Value;
            times[Math.Max(s, 0)] = (Environment.CpuUsage.TotalTime - start).TotalMilliseconds;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {choice} | {pairs} | {dimensions} | {columns} | {threads} | {times.Order().ElementAt(steps / 10):0.0} | {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} | {value:0.0000} |"));
        return Task.FromResult(0);

        int At(int i, int otherwise) => args.Length > i ? int.Parse(args[i], CultureInfo.InvariantCulture) : otherwise;
    }

    private static Rows<float> Column(int pairs, int dimensions, SeededRandom random)
    {
        var rows = Rows.Allocate<float>(pairs, dimensions);
        foreach (ref float value in rows.Data.Span)
        {
            value = random.Bell();
        }

        return rows;
    }

    private static RowSide SideOf(LossNeeds needs, int pairs, int columns, int step)
    {
        int documents = pairs * (columns - 1);
        int[] each = [.. Enumerable.Range(0, pairs)], offsets = [.. Enumerable.Range(0, pairs + 1)];
        return new RowSide
        {
            Labels = needs.HasFlag(LossNeeds.Labels) ? each.Select(i => i / 4).ToArray() : default,
            GradeOffsets = needs.HasFlag(LossNeeds.Grades) ? offsets : default,
            GradedDocuments = needs.HasFlag(LossNeeds.Grades) ? each : default,
            Grades = needs.HasFlag(LossNeeds.Grades) ? each.Select(_ => 1.0).ToArray() : default,
            DocumentIds = needs.HasFlag(LossNeeds.Identity) ? Enumerable.Range(step * documents, documents).ToArray() : default,
            AnswerOffsets = needs.HasFlag(LossNeeds.Identity) ? offsets : default,
            AnswerIds = needs.HasFlag(LossNeeds.Identity) ? each.Select(i => (step * documents) + i).ToArray() : default,
        };
    }
}
