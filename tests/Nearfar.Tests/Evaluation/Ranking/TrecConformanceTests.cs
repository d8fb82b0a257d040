using System.Globalization;
using System.Text.Json;
using Nearfar.Evaluation.Ranking;
using Xunit;

namespace Nearfar.Tests.Evaluation.Ranking;

/// <summary>What trec_eval 9.0.8 and 10.0-rc3 printed at 17 digits, file to number.</summary>
public sealed class TrecConformanceTests
{
    [Theory, InlineData("trec9"), InlineData("trec10")]
    public void Evaluate_ConformanceCases_EveryValueIsBitEqual(string mode)
    {
        string? folder = Environment.GetEnvironmentVariable("NEARFAR_CONFORMANCE");
        Assert.SkipWhen(folder is null, "NEARFAR_CONFORMANCE is not set");
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "trec_eval.json")));
        int compared = file.RootElement.GetProperty("cases").EnumerateArray().Sum(test => Compare(test, mode));
        Assert.InRange(compared, 1700, 2000);
    }

    private static int Compare(JsonElement test, string mode)
    {
        string name = test.GetProperty("name").GetString()!;
        string[] flags = [.. test.GetProperty("flags").EnumerateArray().Select(f => f.GetString()!)];
        var expected = test.GetProperty("expected");
        expected = expected.TryGetProperty("both", out var both) ? both : expected.GetProperty(mode);
        var options = (mode == "trec9" ? RankingOptions.Trec9 : RankingOptions.Trec10) with
        {
            Level = Argument(flags, "-l") ?? 1,
            Depth = Argument(flags, "-M"),
            JudgedOnly = flags.Contains("-J"),
        };
        options = flags.Contains("-c") ? options with { MissingQuery = MissingQuery.Zero } : options;
        if (expected.GetProperty("exit").GetInt32() != 0)
        {
            Assert.Contains("does not answer", Assert.Throws<NearfarException>(() => Evaluate(test, options, [])).Message, StringComparison.Ordinal);
            return 1;
        }

        var values = expected.GetProperty("values").EnumerateObject().ToDictionary(v => v.Name, v => v.Value);
        var table = Evaluate(test, options, values.Keys);
        Assert.Equal(values.Keys.Order(StringComparer.Ordinal), table.Measures.Order(StringComparer.Ordinal));
        int compared = 0;
        for (int m = 0; m < table.Measures.Count; m++)
        {
            var of = values[table.Measures[m]];
            var mine = table.Queries.Where(q => mode == "trec10" || !q.IsMissing).ToDictionary(q => q.Id, q => q.Values[m]);
            mine.Add("all", table.Summary[m]);
            Assert.Equal(of.EnumerateObject().Select(v => v.Name).Order(StringComparer.Ordinal), mine.Keys.Order(StringComparer.Ordinal));
            foreach (var value in of.EnumerateObject())
            {
                double wanted = double.Parse(value.Value.GetString()!, CultureInfo.InvariantCulture);
                Assert.True(BitConverter.DoubleToInt64Bits(wanted) == BitConverter.DoubleToInt64Bits(mine[value.Name]),
                    $"{name} {mode} {table.Measures[m]} {value.Name}: {mine[value.Name]:R} instead of {wanted:R}");
                compared++;
            }
        }

        return compared;
    }

    private static RankingTable Evaluate(JsonElement test, RankingOptions options, IEnumerable<string> printed)
    {
        using var files = new TrecFiles(Lines(test, "qrels"), Lines(test, "run"));
        string[] names = [.. printed.Select(p => Array.Find(s_cut, c => p.StartsWith(c + "_", StringComparison.Ordinal)) is { } cut ? $"{cut}.{p[(cut.Length + 1)..]}" : p)];
        return new RankingEvaluator(options, names).Evaluate(files.Qrels, files.Run, TestContext.Current.CancellationToken);
    }

    private static readonly string[] s_cut = ["P", "recall", "map_cut", "ndcg_cut", "success"];

    private static string[] Lines(JsonElement test, string name) => [.. test.GetProperty(name).EnumerateArray().Select(l => l.GetString()!)];

    private static int? Argument(string[] flags, string name) =>
        Array.IndexOf(flags, name) is >= 0 and var at ? int.Parse(flags[at + 1], CultureInfo.InvariantCulture) : null;
}
