using CsCheck;
using Nearfar.Evaluation.Ranking;
using Xunit;

namespace Nearfar.Tests.Evaluation.Ranking;

/// <summary>Closed forms against the mean over every order of the tied documents.</summary>
public sealed class ExpectedRankingTests
{
    private static readonly Func<IRankingMeasures, double>[] s_measures =
    [
        r => r.RecallAt(3), r => r.PrecisionAt(3), r => r.PrecisionAt(50), r => r.HitAt(1), r => r.HitAt(3), r => r.ReciprocalRankAt(2), r => r.ReciprocalRankAt(int.MaxValue),
        r => r.AveragePrecisionAt(3, MapDenominator.Relevant), r => r.AveragePrecisionAt(int.MaxValue, MapDenominator.AtMostCutoff),
        r => r.NdcgAt(3, GainTable.Linear), r => r.NdcgAt(int.MaxValue, GainTable.Exponential), r => r.BinaryPreference, r => r.UnjudgedAt(3), r => r.UnjudgedAt(20),
        r => r.RelevantRetrieved, r => r.NonRelevantRetrieved, r => r.Retrieved,
    ];

    [Fact]
    public void Measures_AnyTies_AreTheMeanOverAllOrders() =>
        Gen.Select(Gen.Int[-1, 3].Array[1, 6], Gen.Int[-1, 3].Array[0, 3], Gen.Int[0, 63], Gen.Int[1, 2]).Sample((ranked, unranked, cuts, level) =>
        {
            int[] ends = [.. Enumerable.Range(1, ranked.Length).Where(i => i == ranked.Length || ((cuts >> i) & 1) == 1)];
            var judgements = new Judgements(ranked.Concat(unranked), level);
            var expected = new ExpectedRanking(ranked, ends, judgements);
            var orders = Orders(ranked, ends, 0).Select(o => new JudgedRanking(o, judgements)).ToArray();
            foreach (var measure in s_measures)
            {
                Assert.Equal(orders.Average(o => measure(o)), measure(expected), 1e-12);
            }
        }, seed: "0000KGzTNp14", iter: 2000, threads: 1);

    [Fact]
    public void Evaluate_ConstantScorer_IsNotFlattered()
    {
        using var files = new TrecFiles(["q 0 z 1"], [.. "zyxw".Select(c => $"q Q0 {c} 1 0.5 t")]);
        double Score(TieBreak rule) => new RankingEvaluator(RankingOptions.Trec9 with { TieBreak = rule }, ["recip_rank"]).Evaluate(files.Qrels, files.Run, TestContext.Current.CancellationToken).Summary[0];
        Assert.Equal(1, Score(TieBreak.TrecDescending));
        Assert.Equal(1, Score(TieBreak.Stable));
        Assert.Equal((1 + (1 / 2.0) + (1 / 3.0) + (1 / 4.0)) / 4, Score(TieBreak.Expected), 1e-15);
        Assert.Equal(0.25, Score(TieBreak.Pessimistic));
        var table = new RankingEvaluator(RankingOptions.Trec9 with { MeasureTies = true }, ["recip_rank", "num_ret"]).Evaluate(files.Qrels, files.Run, TestContext.Current.CancellationToken);
        Assert.Equal(0.75, Assert.Single(table.TieSensitivity).Value);
    }

    [Fact]
    public void Constructor_ExpectedWithWhatHasNoClosedForm_TellsAll()
    {
        string message = Assert.Throws<ArgumentException>(() => new RankingEvaluator(new RankingOptions { TieBreak = TieBreak.Expected, Depth = 5 }, ["11pt_avg", "iprec_at_recall.0.5"])).Message;
        Assert.All(["11pt_avg", "iprec_at_recall_0.50", "Depth"], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    private static IEnumerable<int[]> Orders(int[] grades, int[] ends, int group)
    {
        if (group == ends.Length)
        {
            return [[]];
        }

        int start = group == 0 ? 0 : ends[group - 1];
        return Permutations(grades[start..ends[group]]).SelectMany(p => Orders(grades, ends, group + 1).Select(rest => (int[])[.. p, .. rest]));
    }

    private static IEnumerable<int[]> Permutations(int[] items) => items.Length <= 1 ? [items]
        : Enumerable.Range(0, items.Length).SelectMany(i => Permutations([.. items[..i], .. items[(i + 1)..]]).Select(rest => (int[])[items[i], .. rest]));
}
