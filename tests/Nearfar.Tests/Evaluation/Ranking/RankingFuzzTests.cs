using System.Globalization;
using CsCheck;
using Nearfar.Evaluation.Ranking;
using Xunit;

namespace Nearfar.Tests.Evaluation.Ranking;

/// <summary>Random files against the plain loops, bit for bit.</summary>
public sealed class RankingFuzzTests
{
    private const string Seed = "0000KGzTNp14";
    private static readonly string[] s_measures =
        ["num_ret", "num_rel", "num_rel_ret", "map", "Rprec", "bpref", "recip_rank", "P.1,3,7,40", "recall.1,3,7,40", "ndcg", "ndcg_cut.1,3,7,40", "map_cut.1,3,7,40", "success.1,3,7", "unj.1,3,7,40",
            "utility", "binG", "G", "ndcg_rel", "Rndcg", "yaap"];

    // Those that know a pool, beside the others.
    private static readonly string[] s_pooled = ["infAP", "rbp", "rbp.p=0.5", "rbp_resid.p=0.5"];

    // Ids of all planes, short ones so that they meet, and such as share long beginnings.
    private static readonly Gen<string> s_id = Gen.OneOf(
        Gen.Int[0, 30].Select(i => "d" + i),
        Gen.Int[0, 5].Select(i => new string('x', 40) + i),
        Gen.OneOf(Gen.Int[0x21, 0x7E], Gen.Int[0xA1, 0xD7FF], Gen.Int[0xE000, 0xFFFD], Gen.Int[0x10000, 0x10FFFF]).Array[1, 3].Select(r => string.Concat(r.Select(char.ConvertFromUtf32))));

    private static readonly Gen<int> s_grade = Gen.OneOf(Gen.Int[-2, 3], Gen.OneOf(Gen.Const(int.MaxValue), Gen.Const(int.MinValue), Gen.Const(1_000_000)));

    // Few scores, so that they tie; some that differ as double and not as float.
    private static readonly Gen<string> s_score = Gen.OneOf(
        Gen.Int[-8, 8].Select(i => (i / 8.0).ToString("R", CultureInfo.InvariantCulture)),
        Gen.OneOf(Gen.Const("0.70000000001"), Gen.Const("0.70000000000"), Gen.Const("-0"), Gen.Const("0"), Gen.Const("7e-1"), Gen.Const("1E2"), Gen.Const("100"), Gen.Const("+1.0"), Gen.Const(".5"), Gen.Const("0.50000000000000000000001"), Gen.Const("1e-320")),
        Gen.Double[-1e6, 1e6].Select(d => d.ToString("R", CultureInfo.InvariantCulture)));

    private static readonly Gen<(string Query, string Id, int Grade)[]> s_qrels = Gen.Select(Gen.Int[0, 4].Select(i => "q" + i), s_id, s_grade).Array[1, 60];

    private static readonly Gen<(string Query, string Id, string Score)[]> s_run = Gen.Select(Gen.Int[0, 5].Select(i => "q" + i), s_id, s_score).Array[1, 80];

    [Theory]
    [InlineData(1, null, false)]
    [InlineData(2, null, false)]
    [InlineData(1, 10, false)]
    [InlineData(1, null, true)]
    [InlineData(2, 7, true)]
    public void Evaluate_RandomFiles_EqualsPlainLoops(int level, int? depth, bool judgedOnly) => Gen.Select(s_qrels, s_run, Gen.Bool, Gen.Bool).Sample((qrels, run, single, together) =>
    {
        var judged = qrels.DistinctBy(l => (l.Query, l.Id)).GroupBy(l => l.Query).ToDictionary(g => g.Key, g => g.ToDictionary(l => l.Id, l => l.Grade));
        var lines = run.DistinctBy(l => (l.Query, l.Id)).ToArray();
        lines = together ? [.. lines.OrderBy(l => l.Query, StringComparer.Ordinal)] : lines;     // scattered lines take the second reading
        var answered = judged.Keys.Where(q => lines.Any(l => l.Query == q)).Order(StringComparer.Ordinal).ToArray();
        if (answered.Length == 0)
        {
            return;
        }

        using var files = new TrecFiles(judged.SelectMany(q => q.Value.Select(d => $"{q.Key} 0 {d.Key} {d.Value}")), lines.Select((l, i) => $"{l.Query}\tQ0  {l.Id} {i} {l.Score} tag{(i % 3 == 0 ? " \r" : "")}"));
        var options = (single ? RankingOptions.Trec9 : RankingOptions.Trec10) with { Level = level, Depth = depth, JudgedOnly = judgedOnly, MissingQuery = MissingQuery.Skip };
        var table = new RankingEvaluator(options, s_measures, threads: 3).Evaluate(files.Qrels, files.Run, TestContext.Current.CancellationToken);
        Assert.Equal(answered, table.Queries.Select(q => q.Id));
        double[] sums = new double[table.Measures.Count];
        foreach (var query in table.Queries)
        {
            var ranking = PlainMeasures.Rank(lines.Where(l => l.Query == query.Id).Select(l => (l.Id, double.Parse(l.Score, CultureInfo.InvariantCulture))), judged[query.Id], single, depth, judgedOnly);
            for (int m = 0; m < sums.Length; m++)
            {
                double wanted = PlainMeasures.Of(table.Measures[m], ranking, judged[query.Id], level);
                sums[m] += wanted;
                AssertSameBits(wanted, query.Values[m], $"{table.Measures[m]} of {query.Id}");
            }
        }

        foreach (string measure in s_pooled)
        {
            var pooled = new RankingEvaluator(options, [measure, "relstring.7"], threads: 2).Evaluate(files.Qrels, files.Run, TestContext.Current.CancellationToken);
            foreach (var query in pooled.Queries)
            {
                var ranking = PlainMeasures.RankPooled(lines.Where(l => l.Query == query.Id).Select(l => (l.Id, double.Parse(l.Score, CultureInfo.InvariantCulture))), judged[query.Id], single, depth, judgedOnly);
                int column = pooled.Measures.Index().Single(n => n.Item.StartsWith(measure[..3], StringComparison.Ordinal)).Index;
                AssertSameBits(PlainMeasures.OfPooled(pooled.Measures[column], ranking, judged[query.Id], level), query.Values[column], $"{pooled.Measures[column]} of {query.Id}");
                Assert.Equal(PlainMeasures.Characters(ranking, 7), query.Texts["relstring_7"]);
            }
        }

        for (int m = 0; m < sums.Length; m++)
        {
            AssertSameBits(table.Columns[m].IsCount ? sums[m] : sums[m] / table.Queries.Count, table.Summary[m], table.Measures[m]);
        }
    }, seed: Seed, iter: 150, threads: 1);

    [Fact]
    public void Evaluate_MemoryAndFile_GiveTheSame() => Gen.Select(s_qrels, s_run).Sample((qrels, run) =>
    {
        var judged = qrels.DistinctBy(l => (l.Query, l.Id)).GroupBy(l => l.Query).ToDictionary(g => g.Key, g => (IReadOnlyDictionary<string, int>)g.ToDictionary(l => l.Id, l => l.Grade));
        var lines = run.DistinctBy(l => (l.Query, l.Id)).ToArray();
        if (!lines.Any(l => judged.ContainsKey(l.Query)))
        {
            return;
        }

        using var files = new TrecFiles(judged.SelectMany(q => q.Value.Select(d => $"{q.Key} 0 {d.Key} {d.Value}")), lines.Select(l => $"{l.Query} Q0 {l.Id} 1 {l.Score} t"));
        var evaluator = new RankingEvaluator(RankingOptions.Trec10 with { MissingQuery = MissingQuery.Zero, MeasureTies = true, TieBreak = TieBreak.Pessimistic }, ["all_trec"]);
        var fromFiles = evaluator.Evaluate(files.Qrels, files.Run, TestContext.Current.CancellationToken);
        var fromMemory = evaluator.Evaluate(judged, lines.GroupBy(l => l.Query).ToDictionary(g => g.Key, g => (IReadOnlyList<Nearfar.Pairs.RetrievedDocument>)[.. g.Select((l, i) => new Nearfar.Pairs.RetrievedDocument(l.Id, double.Parse(l.Score, CultureInfo.InvariantCulture), i))]));
        Assert.Equal(fromFiles.Summary, fromMemory.Summary);
        Assert.Equal(fromFiles.TieSensitivity, fromMemory.TieSensitivity);
        Assert.All(fromFiles.Queries.Zip(fromMemory.Queries), q => Assert.Equal(q.First.Values, q.Second.Values));
    }, seed: Seed, iter: 100, threads: 1);

    [Fact]
    public void Evaluate_LineTwice_IsNamedWithItsLine() => Gen.Select(s_run, Gen.Int[0, 1000], Gen.Int[0, 1000]).Sample((run, from, to) =>
    {
        var lines = run.DistinctBy(l => (l.Query, l.Id)).Select(l => $"{l.Query} Q0 {l.Id} 1 {l.Score} t").ToList();
        from %= lines.Count;
        to = from + 1 + (to % (lines.Count - from));
        lines.Insert(to, lines[from]);
        using var files = new TrecFiles([.. Enumerable.Range(0, 6).Select(i => $"q{i} 0 d 1")], lines);
        var error = Assert.Throws<NearfarException>(() => new RankingEvaluator(RankingOptions.Trec10).Evaluate(files.Qrels, files.Run, TestContext.Current.CancellationToken));
        Assert.Contains("stands twice for query", error.Message, StringComparison.Ordinal);
        Assert.Equal(to + 1, error.Line);
    }, seed: Seed, iter: 100, threads: 1);

    private static void AssertSameBits(double wanted, double value, string what) =>
        Assert.True(BitConverter.DoubleToInt64Bits(wanted) == BitConverter.DoubleToInt64Bits(value), $"{what}: {value:R} instead of {wanted:R}");
}
