using System.Diagnostics;
using System.Globalization;
using System.Text;
using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Evaluation;

/// <summary>Wall time and memory of <c>nearfar trec-eval</c> on a run of MS MARCO's size, beside sha256sum of the same files.</summary>
internal static class TrecBench
{
    private const int Documents = 1000;

    /// <param name="args">Rounds (5), queries (6,980), <c>shuffled</c> for lines of a query in any order, <c>keep</c> to leave the files.</param>
    /// <param name="output">Receives a Markdown table.</param>
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        int[] sizes = [.. args.Select(a => int.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0).Where(n => n > 0)];
        int rounds = sizes.ElementAtOrDefault(0) is > 0 and var r ? r : 5;
        int queries = sizes.ElementAtOrDefault(1) is > 0 and var q ? q : 6980;
        string folder = Directory.CreateTempSubdirectory("nearfar-trec-").FullName;
        try
        {
            string qrels = Path.Combine(folder, "qrels.txt");
            string run = Path.Combine(folder, "run.txt");
            Write(qrels, run, queries, args.Contains("shuffled", StringComparer.Ordinal));
            string tool = Path.Combine(AppContext.BaseDirectory, "../../../../../src/Nearfar.Cli/bin/Release/net10.0/Nearfar.Cli.dll");
            string[] eval = ["dotnet", Path.GetFullPath(tool), "trec-eval", "--quiet", "-m", "all_trec", qrels, run];
            var rows = new List<(double Eval, double Cpu, double Megabytes, double Hash)>();
            for (int i = 0; i < rounds; i++)
            {
                double hash = (await MeasureAsync("sha256sum", qrels, run)).Seconds;
                var (seconds, cpu, megabytes) = await MeasureAsync(eval);
                rows.Add((seconds, cpu, megabytes, hash));
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{queries:N0} queries x {Documents:N0} documents, {new FileInfo(run).Length / 1e6:F0} MB, all_trec. {Machine.Name()}.\n"));
            output.WriteLine("| Round | trec-eval, s | processor, s | peak, MB | sha256sum, s | ratio |\n|---|---|---|---|---|---|");
            foreach (var (row, i) in rows.Select((row, i) => (row, i)))
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {i + 1} | {row.Eval:F2} | {row.Cpu:F2} | {row.Megabytes:F0} | {row.Hash:F2} | {row.Eval / row.Hash:F1} |"));
            }

            double[] ratios = [.. rows.Select(row => row.Eval / row.Hash).Order()];
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nBest {rows.Min(row => row.Eval):F2} s; ratio, median of {rounds}: {ratios[rounds / 2]:F1}."));
            return 0;
        }
        finally
        {
            if (args.Contains("keep", StringComparer.Ordinal))
            {
                output.WriteLine($"Files: {folder}");
            }
            else
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    // Wall and processor seconds and peak memory of a program, as GNU time sees them.
    private static async Task<(double Seconds, double Cpu, double Megabytes)> MeasureAsync(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/time", ["-f", "\n%e %U %S %M", .. command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await said;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command)}: exit {process.ExitCode}: {error}");
        }

        double[] numbers = [.. error.TrimEnd().Split('\n')[^1].Split(' ').Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
        return (numbers[0], numbers[1] + numbers[2], numbers[3] * 1024 / 1e6);
    }

    // Ids as MS MARCO has them; falling scores of six decimals; one to three right documents a query, found by two queries of three.
    private static void Write(string qrels, string run, int queries, bool shuffled)
    {
        var random = new SeededRandom(1);
        using var judged = new StreamWriter(qrels, append: false, new UTF8Encoding(false), 1 << 20) { NewLine = "\n" };
        using var ranked = new StreamWriter(run, append: false, new UTF8Encoding(false), 1 << 20) { NewLine = "\n" };
        int[] ids = new int[Documents];
        for (int i = 0; i < queries; i++)
        {
            int query = 100_000 + (i * 137);
            int id = random.Below(7000);
            double score = 12 + (10 * random.Uniform());
            string[] lines = new string[Documents];
            for (int rank = 1; rank <= Documents; rank++)
            {
                id += 1 + random.Below(7000);
                ids[rank - 1] = (int)((id * 2_654_435_761L) % 8_841_823);
                lines[rank - 1] = string.Create(CultureInfo.InvariantCulture, $"{query} Q0 {ids[rank - 1]} {rank} {score:F4} bm25");
                score -= score / 900 * random.Uniform();
            }

            if (shuffled)
            {
                for (int at = Documents - 1; at > 0; at--)
                {
                    int other = random.Below(at + 1);
                    (lines[at], lines[other]) = (lines[other], lines[at]);
                }
            }

            Array.ForEach(lines, ranked.WriteLine);
            var right = new HashSet<int>();
            while (right.Count < 1 + random.Below(3))
            {
                right.Add(random.Below(3) == 0 ? 8_900_000 + right.Count : ids[(int)(Documents * Math.Pow(random.Uniform(), 4))]);
            }

            foreach (int document in right)
            {
                judged.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{query} 0 {document} {1 + random.Below(3)}"));
            }
        }
    }
}
