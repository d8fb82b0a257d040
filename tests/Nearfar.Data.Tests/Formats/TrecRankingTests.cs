using Nearfar.Data.Formats;
using Nearfar.Evaluation;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Data.Tests.Formats;

public sealed class TrecRankingTests
{
    private static readonly Corpus s_corpus = new([.. "abcd".Select(c => new Document { Id = c.ToString(), Text = $"text {c}" })]);

    private static GateSet Gate(params Pair[] rows) => new JudgedSetBuilder(s_corpus, DocumentClusters.Of(s_corpus, rows)).Gate(rows);

    private static Pair Ask(string id, string query) => new() { Id = id, Query = query, PositiveIds = ["a"] };

    [Fact]
    public async Task Read_RunInAnyOrder_RanksByScoreAndTiesAsTrecEvalDoes()
    {
        using var folder = new Folder();
        var set = Gate(Ask("q1", "first"), Ask("q2", "second"));
        string path = folder.Write("served.run", "q1 Q0 a 1 1.0 x\nq1 Q0 c 2 2.5 x\nq1 Q0 b 3 2.5 x\nq2 Q0 d 1 -1 x\nunasked Q0 a 1 1 x\n");
        var ranking = TrecRanking.Read(path, set);
        Assert.Equal("served", ranking.Name);
        var hits = await RankAsync(ranking, "second", "first");
        Assert.Equal(["d"], hits[0]);
        Assert.Equal(["c", "b"], hits[1]);
        var report = await new Evaluator().EvaluateAsync(ranking, set, TestContext.Current.CancellationToken);
        Assert.Equal(3, report.Queries.Single(q => q.Id == "q1").FirstRelevantRank);
        await Assert.ThrowsAsync<ArgumentException>(async () => await ranking.RankAsync(["third"], 2, TestContext.Current.CancellationToken));

        static async Task<string[][]> RankAsync(TrecRanking ranking, params string[] queries) =>
            [.. (await ranking.RankAsync(queries, 2, TestContext.Current.CancellationToken)).Select(h => h.Select(x => s_corpus.Documents[x.Document].Id).ToArray())];
    }

    [Fact]
    public void Read_RunThatDoesNotFit_TellsAllProblems()
    {
        using var folder = new Folder();
        var rows = new[] { Ask("q1", "first"), Ask("q2", "second"), Ask("q3", "same") with { QueryId = "x" }, Ask("q4", "same") with { QueryId = "y" } };
        string path = folder.Write("served.run", "q1 Q0 z 1 1.0 x\nq1 Q0 a 2 1e300 x\nq3 Q0 a 1 1 x\nq4 Q0 b 1 1 x\n");
        string message = Assert.Throws<NearfarException>(() => TrecRanking.Read(path, Gate(rows))).Message;
        Assert.All(["\"z\" of question \"q1\" is not in the corpus", "\"q2\" has no ranking", "\"q4\" has the text of another", "\"a\" of question \"q1\" is beyond float32"],
            part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.StartsWith(path, message, StringComparison.Ordinal);
    }
}
