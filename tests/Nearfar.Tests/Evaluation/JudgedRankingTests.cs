using System.Globalization;
using System.Text.Json;
using Nearfar.Evaluation;
using Nearfar.Search;
using Xunit;

namespace Nearfar.Tests.Evaluation;

public class JudgedRankingTests
{
    [Theory, InlineData("trec9"), InlineData("trec10")]
    public void Measures_ConformanceCases_AreBitEqualToTrecEval(string mode)
    {
        string? folder = Environment.GetEnvironmentVariable("NEARFAR_CONFORMANCE");
        Assert.SkipWhen(folder is null, "NEARFAR_CONFORMANCE is not set");
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "trec_eval.json")));
        int compared = 0;
        foreach (var test in file.RootElement.GetProperty("cases").EnumerateArray())
        {
            compared += Compare(test, mode);
        }

        Assert.True(compared > 900, $"only {compared} values were compared");
    }

    private static int Compare(JsonElement test, string mode)
    {
        string[] flags = [.. test.GetProperty("flags").EnumerateArray().Select(f => f.GetString()!)];
        string joined = string.Join(' ', flags);
        int level = Argument(joined, "-l", 1);
        int cut = Argument(joined, "-M", int.MaxValue);
        bool judgedOnly = joined.Contains("-J", StringComparison.Ordinal);
        var qrels = Lines(test, "qrels").GroupBy(l => l[0]).ToDictionary(g => g.Key, g => g.ToDictionary(l => l[2], l => int.Parse(l[3], CultureInfo.InvariantCulture)));
        var expected = test.GetProperty("expected");
        expected = expected.TryGetProperty("both", out var both) ? both : expected.GetProperty(mode);
        int compared = 0;
        foreach (var group in Lines(test, "run").GroupBy(l => l[0]).Where(g => qrels.ContainsKey(g.Key)))
        {
            var relevance = qrels[group.Key];
            var ranked = group
                .Select(l => (Id: l[2], Score: mode == "trec9" ? (float)Number(l[4]) : Number(l[4])))
                .OrderByDescending(r => r.Score).ThenByDescending(r => r.Id, Utf8Order.Ascending).Select(r => r.Id)
                .Where(id => !judgedOnly || relevance.GetValueOrDefault(id, -1) >= 0).Take(cut);
            var ranking = new JudgedRanking(ranked, relevance, level);
            foreach (var measure in expected.GetProperty("values").EnumerateObject())
            {
                if (Value(ranking, measure.Name) is { } value && measure.Value.TryGetProperty(group.Key, out var text))
                {
                    double wanted = Number(text.GetString()!);
                    Assert.True(BitConverter.DoubleToInt64Bits(wanted) == BitConverter.DoubleToInt64Bits(value),
                        $"{test.GetProperty("name")} {mode} {measure.Name} {group.Key}: {value:R} instead of {wanted:R}");
                    compared++;
                }
            }
        }

        return compared;
    }

    private static double? Value(JudgedRanking ranking, string measure)
    {
        string name = measure.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9').TrimEnd('_');
        int k = name.Length < measure.Length ? int.Parse(measure.AsSpan(name.Length + 1), CultureInfo.InvariantCulture) : int.MaxValue;
        return name switch
        {
            "recall" => ranking.RecallAt(k),
            "P" => ranking.PrecisionAt(k),
            "success" => ranking.HitAt(k),
            "recip_rank" => ranking.ReciprocalRankAt(k),
            "map" or "map_cut" => ranking.AveragePrecisionAt(k),
            "ndcg" or "ndcg_cut" => ranking.NdcgAt(k),
            "Rprec" => ranking.Relevant == 0 ? 0 : ranking.PrecisionAt(ranking.Relevant),
            "num_rel" => ranking.Relevant,
            _ => null,
        };
    }

    private static IEnumerable<string[]> Lines(JsonElement test, string name) =>
        test.GetProperty(name).EnumerateArray().Select(l => l.GetString()!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static int Argument(string flags, string name, int absent)
    {
        int at = flags.IndexOf(name, StringComparison.Ordinal);
        return at < 0 ? absent : int.Parse(flags[(at + 2)..].TrimStart().Split(' ')[0], CultureInfo.InvariantCulture);
    }

    private static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    // Mistakes seen in other tools, as negative tests.
    [Fact]
    public void Constructor_RepeatedDocument_Throws() =>
        Assert.Throws<ArgumentException>(() => new JudgedRanking(["a", "a", "a"], new Dictionary<string, int> { ["a"] = 1 }));

    [Fact]
    public void NdcgAt_OneOfFiveRelevantRetrieved_IdealIsCutFromAllJudged()
    {
        var relevance = new[] { "a", "b", "c", "d", "e" }.ToDictionary(id => id, _ => 1);
        var ranking = new JudgedRanking(["a"], relevance);
        double ideal = 1 + (1 / Math.Log2(3)) + 0.5 + (1 / Math.Log2(5)) + (1 / Math.Log2(6));
        Assert.Equal(1 / ideal, ranking.NdcgAt(5), 1e-15);
        Assert.Equal(0.2, ranking.RecallAt(5));
        Assert.Equal(0.2, ranking.PrecisionAt(5));
        Assert.Equal(1, ranking.HitAt(1));
        Assert.Equal(0.2, ranking.AveragePrecisionAt(5));
    }

    [Fact]
    public void UnjudgedAt_CountsAbsentAndNegativeGrades() =>
        Assert.Equal(0.5, new JudgedRanking(["a", "b", "c", "d"], new Dictionary<string, int> { ["a"] = 1, ["b"] = 0, ["c"] = -1 }).UnjudgedAt(4));

    [Fact]
    public void Measures_NothingRetrieved_AreZero()
    {
        var ranking = new JudgedRanking([], new Dictionary<string, int> { ["a"] = 2 });
        Assert.Equal(0, ranking.RecallAt(5) + ranking.NdcgAt(5) + ranking.ReciprocalRankAt(5) + ranking.HitAt(5) + ranking.AveragePrecisionAt(5) + ranking.UnjudgedAt(5));
        Assert.Equal(0, ranking.FirstRelevantRank);
    }

    [Theory]
    [InlineData("recall@5", 5)]
    [InlineData("ndcg@10", 10)]
    [InlineData("recall@0", 0)]
    [InlineData("recall@05", 0)]
    [InlineData("recal@5", 0)]
    [InlineData("recall@5x", 0)]
    [InlineData("recall@", 0)]
    [InlineData("margin_mean", 0)]
    public void CutoffOf_Name_IsItsCutoff(string name, int cutoff) => Assert.Equal(cutoff, MetricNames.CutoffOf(name));
}
