using System.IO.Compression;
using Nearfar.Evaluation.Ranking;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Evaluation.Ranking;

public sealed class RankingEvaluatorTests
{
    private static readonly string[] s_qrels = ["q1 0 a 1", "q1 0 b 0", "q1 0 c 2", "q1 0 e -1", "q2 0 a 1"];

    private static RankingTable Evaluate(RankingOptions? options, string[] measures, IEnumerable<string> qrels, params string[] run)
    {
        using var files = new TrecFiles(qrels, run);
        return new RankingEvaluator(options, measures).Evaluate(files.Qrels, files.Run, TestContext.Current.CancellationToken);
    }

    private static double Value(RankingOptions options, string measure, params string[] run) => Evaluate(options, [measure], s_qrels[..4], run).Queries[0].Values[0];

    // The rules of trec_eval, one line each; values by hand.
    [Fact]
    public void Evaluate_RankColumn_IsNotRead() => Assert.Equal(1, Value(RankingOptions.Trec9, "recip_rank", "q1 Q0 x 1 0.1 t", "q1 Q0 a last 0.9 t"));

    [Fact]
    public void Evaluate_Ties_GoToTheGreaterId() => Assert.Equal(0.5, Value(RankingOptions.Trec9, "recip_rank", "q1 Q0 a 1 1 t", "q1 Q0 b 2 1 t"));

    [Fact]
    public void Evaluate_TiesOfAllPlanes_GoByBytesNotByUtf16()
    {
        string[] qrels = ["q 0 \U0001D538 1"];
        Assert.Equal(1, Evaluate(null, ["recip_rank"], qrels, "q Q0 \uFF21 1 1 t", "q Q0 \U0001D538 2 1 t").Summary[0]);
    }

    [Theory, InlineData(ScorePrecision.Single, 0.5), InlineData(ScorePrecision.Double, 1)]
    public void Evaluate_ScoresThatDifferAsDoubleOnly_TieInFloat32(ScorePrecision precision, double wanted) =>
        Assert.Equal(wanted, Value(RankingOptions.Trec9 with { ScorePrecision = precision }, "recip_rank", "q1 Q0 a 1 0.70000000001 t", "q1 Q0 b 2 0.70000000000 t"));

    [Fact]
    public void Evaluate_Level_ChangesWhatIsRelevantButNoGain()
    {
        string[] run = ["q1 Q0 a 1 2 t", "q1 Q0 c 2 1 t"];
        Assert.Equal(0.5, Value(RankingOptions.Trec9 with { Level = 2 }, "map", run));
        Assert.Equal((1 + (2 / Math.Log2(3))) / (2 + (1 / Math.Log2(3))), Value(RankingOptions.Trec9 with { Level = 2 }, "ndcg", run));
    }

    [Fact]
    public void Evaluate_Depth_CutsBehindTheOrder() =>
        Assert.Equal(0, Value(RankingOptions.Trec9 with { Depth = 1 }, "recip_rank", "q1 Q0 a 1 1 t", "q1 Q0 x 2 3 t"));

    [Fact]
    public void Evaluate_JudgedOnly_ClosesRanksAndDropsPooledToo()
    {
        string[] run = ["q1 Q0 x 1 4 t", "q1 Q0 e 2 3 t", "q1 Q0 b 3 2 t", "q1 Q0 a 4 1 t"];
        Assert.Equal(0.25, Value(RankingOptions.Trec9, "recip_rank", run));
        Assert.Equal(0.5, Value(RankingOptions.Trec9 with { JudgedOnly = true }, "recip_rank", run));
        Assert.Equal(0, Value(RankingOptions.Trec9 with { JudgedOnly = true, Depth = 3 }, "recip_rank", run));      // cut first, as trec_eval
        Assert.Equal(2 / 5.0, Value(RankingOptions.Trec9, "unj.5", run));
    }

    [Fact]
    public void Evaluate_NegativeGrade_IsNoWrongDocumentForBpref()
    {
        Assert.Equal(0.5, Value(RankingOptions.Trec9, "bpref", "q1 Q0 e 1 3 t", "q1 Q0 a 2 2 t"));
        Assert.Equal(0, Value(RankingOptions.Trec9, "bpref", "q1 Q0 b 1 3 t", "q1 Q0 a 2 2 t"));     // min(1, 2) / min(1, 2)
    }

    [Fact]
    public void Evaluate_RemappedGains_AreTheGains()
    {
        string[] run = ["q1 Q0 a 1 3 t", "q1 Q0 b 2 2 t", "q1 Q0 c 3 1 t"];
        Assert.Equal((3 + (9 / Math.Log2(4))) / (9 + (3 / Math.Log2(3))), Value(RankingOptions.Trec9, "ndcg.1=3,2=9", run));
        double inverted = (1 + (5 / Math.Log2(3))) / (5 + (1 / Math.Log2(3)) + (0.5 / Math.Log2(4)));
        Assert.Equal(inverted + (0.5 / Math.Log2(4) / (5 + (1 / Math.Log2(3)) + (0.5 / Math.Log2(4)))), Value(RankingOptions.Trec9, "ndcg.0=5,2=.5", run), 1e-15);
        Assert.Equal((1 + (3 / Math.Log2(4))) / (3 + (1 / Math.Log2(3))), Value(RankingOptions.Trec9 with { Gain = GainKind.Exponential }, "ndcg", run));
    }

    [Fact]
    public void Evaluate_GradeBeyondExponentialGain_IsRefused() => Assert.Contains("smaller grades", Assert.Throws<NearfarException>(() =>
        Evaluate(RankingOptions.Trec9 with { Gain = GainKind.Exponential }, ["ndcg"], ["q 0 a 2000"], "q Q0 a 1 1 t")).Message, StringComparison.Ordinal);

    [Fact]
    public void Evaluate_MapDenominator_IsRUnlessAskedOtherwise()
    {
        string[] run = ["q1 Q0 a 1 3 t"];
        Assert.Equal(0.5, Value(RankingOptions.Trec9, "map_cut.1", run));
        Assert.Equal(1, Value(RankingOptions.Trec9 with { MapDenominator = MapDenominator.AtMostCutoff }, "map_cut.1", run));
    }

    [Fact]
    public void Evaluate_IdenticalId_IsDroppedWhenAsked() =>
        Assert.Equal(1, Value(RankingOptions.Trec9 with { IgnoreIdenticalIds = true }, "recip_rank", "q1 Q0 q1 1 9 t", "q1 Q0 a 2 1 t"));

    [Fact]
    public void Evaluate_MissingQuery_IsAnErrorAZeroOrSkipped()
    {
        string[] run = ["q1 Q0 a 1 1 t", "q9 Q0 a 1 1 t"];
        Assert.Contains("does not answer 1 of 2 judged queries: q2", Assert.Throws<NearfarException>(() => Evaluate(RankingOptions.Trec10, ["map"], s_qrels, run)).Message, StringComparison.Ordinal);
        Assert.Equal(0.5, Evaluate(RankingOptions.Trec9, ["map"], s_qrels, run).Summary[0]);
        var zero = Evaluate(RankingOptions.Trec9 with { MissingQuery = MissingQuery.Zero }, ["map", "num_q", "num_rel", "gm_map"], s_qrels, run);
        Assert.Equal(["q1", "q2"], zero.Queries.Select(q => q.Id));
        Assert.Equal(["num_q", "num_rel", "map", "gm_map"], zero.Measures);
        Assert.Equal([2, 3, 0.25, Math.Exp((Math.Log(0.5) + Math.Log(0.00001)) / 2)], zero.Summary);
    }

    [Fact]
    public void Evaluate_NoRelevant_IsZeroOrLeftOutAndListed()
    {
        string[] qrels = ["q1 0 a 0", "q2 0 a 1"], run = ["q1 Q0 a 1 1 t", "q2 Q0 a 1 1 t"];
        Assert.Equal(0.5, Evaluate(null, ["map"], qrels, run).Summary[0]);
        var excluded = Evaluate(new RankingOptions { NoRelevant = NoRelevant.Exclude }, ["map"], qrels, run);
        Assert.Equal(1, excluded.Summary[0]);
        Assert.Equal(["q1"], excluded.WithoutRelevant);
    }

    [Fact]
    public void Evaluate_InterpolatedPrecision_IsTheHighestFromThereOn()
    {
        string[] qrels = ["q 0 a 1", "q 0 b 1", "q 0 c 1"], run = ["q Q0 x 1 9 t", "q Q0 a 1 8 t", "q Q0 b 1 7 t", "q Q0 y 1 6 t"];
        Assert.Equal([2 / 3.0, 2 / 3.0, 2 / 3.0, 0], Evaluate(null, ["iprec_at_recall.0,.33,.67,1"], qrels, run).Summary);
        Assert.Equal(8 * (2 / 3.0) / 11, Evaluate(null, ["11pt_avg"], qrels, run).Summary[0], 1e-15);
    }

    // What trec_eval reads as something else.
    [Theory]
    [InlineData("q1 Q0 d 1 0,9 t", "write a decimal point, not a comma")]
    [InlineData("q1 Q0 d 1 nan t", "score \"nan\" is not a finite number")]
    [InlineData("q1 Q0 d 1 -inf t", "not a finite number")]
    [InlineData("q1 Q0 d 1 1e39 t", "beyond float32")]
    [InlineData("q1 Q0 d 1 0.9", "wanted 6 cells (query Q0 document rank score tag), came 5")]
    [InlineData("q1 Q0 d 1 0.9 t t t t", "came more than 6")]
    [InlineData("q1 Q0 a 2 0.9 t", "document \"a\" stands twice for query \"q1\"")]
    [InlineData("q0 Q0 a 2 0.9 t", "document \"a\" stands twice for query \"q0\"")]     // a query that nobody judged
    public void Evaluate_BadLineOfARun_IsNamed(string line, string message)
    {
        var error = Assert.Throws<NearfarException>(() => Evaluate(RankingOptions.Trec9, ["map"], s_qrels, "q0 Q0 a 1 1 t", "q1 Q0 a 1 2.5 tag", "", line, "q2 Q0 a 1 1 t"));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(4, error.Line);
    }

    [Theory]
    [InlineData("q 0 a x", "grade \"x\" is not a whole number")]
    [InlineData("q 0 a 1.5", "grade \"1.5\" is not a whole number")]
    [InlineData("q 0 a 99999999999", "is not a whole number")]
    [InlineData("q 0 a", "wanted 4 cells (query 0 document grade), came 3")]
    [InlineData("q 0 b 2", "document \"b\" is judged twice for query \"q\"")]
    public void Evaluate_BadLineOfJudgements_IsNamed(string line, string message)
    {
        var error = Assert.Throws<NearfarException>(() => Evaluate(null, ["map"], ["q 0 b 1", line], "q Q0 a 1 1 t"));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(2, error.Line);
    }

    [Fact]
    public void Evaluate_ManyBlocksWithBadLines_NamesTheLinesOfTheFile()
    {
        string[] run = [.. Enumerable.Range(0, 150_000).Select(i => $"q{i / 100} Q0 d{i} 1 {(i is 70_000 or 140_000 ? "x" : "1")} tag")];
        string message = Assert.Throws<NearfarException>(() => Evaluate(null, ["map"], s_qrels, run)).Message;
        Assert.Contains("2 problems", message, StringComparison.Ordinal);
        Assert.Contains(":70001: ", message, StringComparison.Ordinal);
        Assert.Contains(":140001: ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_OtherBytesThanUtf8_AreRefused()
    {
        using var files = new TrecFiles(["q 0 a 1"], []);
        File.WriteAllBytes(files.Run, [.. "q Q0 a 1 1 t\nq Q0 "u8, 0xFF, .. " 1 1 t\n"u8]);
        var error = Assert.Throws<NearfarException>(() => new RankingEvaluator().Evaluate(files.Qrels, files.Run, TestContext.Current.CancellationToken));
        Assert.Contains("is not UTF-8", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, error.Line);
    }

    [Fact]
    public void Evaluate_NothingInCommonOrNothingAtAll_IsRefused()
    {
        Assert.Contains("answers none of the judged queries", Assert.Throws<NearfarException>(() => Evaluate(null, ["map"], s_qrels, "x Q0 a 1 1 t")).Message, StringComparison.Ordinal);
        Assert.Contains("is empty", Assert.Throws<NearfarException>(() => Evaluate(null, ["map"], s_qrels, "", " ")).Message, StringComparison.Ordinal);
        Assert.Contains("is empty", Assert.Throws<NearfarException>(() => Evaluate(null, ["map"], [], "x Q0 a 1 1 t")).Message, StringComparison.Ordinal);
    }

    // Long enough for many blocks, in an order that only a second reading can bring together; gzip; a byte order mark; no last newline.
    [Theory, InlineData(1), InlineData(2), InlineData(7)]
    public void Evaluate_ScatteredPackedAndPlain_GiveTheSame(int threads)
    {
        string[] qrels = [.. Enumerable.Range(0, 40).SelectMany(q => Enumerable.Range(0, 5).Select(d => $"q{q} 0 d{(q * 7) + (d * 11)} {d % 3}"))];
        string[] together = [.. Enumerable.Range(0, 40).SelectMany(q => Enumerable.Range(0, 3000).Select(d => $"q{q} Q0 d{d} 1 {(d * 7919 % 3001) / 8.0:R} tag"))];
        string[] scattered = [.. together.Select((line, i) => (line, Key: i * 7919L % 120_011)).OrderBy(l => l.Key).Select(l => l.line)];
        using var plain = new TrecFiles(qrels, together);
        using var mixed = new TrecFiles(qrels, scattered);
        var evaluator = new RankingEvaluator(null, ["all_trec"], threads);
        var wanted = evaluator.Evaluate(plain.Qrels, plain.Run, TestContext.Current.CancellationToken);
        Assert.True(wanted.Summary[5] > 0);
        Assert.Equal(wanted.Summary, evaluator.Evaluate(mixed.Qrels, mixed.Run, TestContext.Current.CancellationToken).Summary);
        byte[] bytes = [.. "\uFEFF"u8, .. System.Text.Encoding.UTF8.GetBytes(string.Join('\n', together))];
        using (var gzip = new GZipStream(File.Create(mixed.Run), CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        Assert.Equal(wanted.Summary, evaluator.Evaluate(mixed.Qrels, mixed.Run, TestContext.Current.CancellationToken).Summary);
        File.WriteAllBytes(mixed.Run, File.ReadAllBytes(mixed.Run)[..^400]);
        Assert.Contains("gzip stream is damaged", Assert.Throws<NearfarException>(() => evaluator.Evaluate(mixed.Qrels, mixed.Run, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_MeasuresAndOptionsThatCannotBe_TellsAll()
    {
        string message = Assert.Throws<ArgumentException>(() => new RankingEvaluator(null, ["P.0", "recal.5", "ndcg.1", "map.3", "iprec_at_recall.x", "ndcg.1=2,1=3", "rbp.p=1", "rbp.x", "rbp_resid.p=.5,p=.6", "relstring.0", "dcg"])).Message;
        Assert.All(["cutoff \"0\" of P", "no measure \"recal.5\"; did you mean recall?", "gain \"1\" of ndcg", "map takes no parameter", "cutoff \"x\" of iprec_at_recall", "gain \"1=3\"", "\"p=1\" of rbp: p lies between 0 and 1", "\"x\" of rbp is not of the form", "\"p=.6\" of rbp_resid", "length \"0\" of relstring", "\"dcg\" of trec_eval is not computed here"],
            part => Assert.Contains(part, message, StringComparison.Ordinal));
        message = Assert.Throws<ArgumentException>(() => new RankingEvaluator(new RankingOptions { Level = 0, Depth = 0 })).Message;
        Assert.All(["Level", "Depth"], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Evaluate_RankingInMemory_RefusesWhatIsNone()
    {
        var judged = new Dictionary<string, IReadOnlyDictionary<string, int>> { ["q"] = new Dictionary<string, int> { ["a"] = 1 } };
        string Refused(params RetrievedDocument[] documents) => Assert.Throws<NearfarException>(() => new RankingEvaluator(RankingOptions.Trec10).Evaluate(judged, new Dictionary<string, IReadOnlyList<RetrievedDocument>> { ["q"] = documents })).Message;
        Assert.Contains("stands twice", Refused(new("a", 1, 1), new("a", 2, 1)), StringComparison.Ordinal);
        Assert.Contains("has no score", Refused(new RetrievedDocument("a", null, 1)), StringComparison.Ordinal);
        Assert.Contains("not finite", Refused(new RetrievedDocument("a", double.NaN, 1)), StringComparison.Ordinal);
    }
}
