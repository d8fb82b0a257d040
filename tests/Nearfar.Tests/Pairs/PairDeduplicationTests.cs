using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Pairs;

public sealed class PairDeduplicationTests
{
    private const string Long = "how long does it take until the money for a returned lamp is back on my card when I sent it from abroad";

    [Fact]
    public void Of_EqualQuestions_UnitesThemUnderTheRowThatWeighsMost()
    {
        var result = Run(
            Row("mined", "Where is it?", ["p1"], "mined"),
            Row("human", "where  is it?", ["p2"], "human", "n1"),
            Row("log", "WHERE is it?", ["p1", "p3"], "log", "n2"));
        var kept = Assert.Single(result.Kept);
        Assert.Equal("human", kept.Id);
        Assert.Equal(["p2", "p1", "p3"], kept.PositiveIds);
        Assert.Equal([("n1", "n1 of human"), ("n2", "n2 of log")], kept.HardNegatives.Select(n => (n.DocumentId, n.Provenance!.Rule!)));
        Assert.Equal("human", kept.Provenance!.Source);
        Assert.Equal([("mined", 1L, "human"), ("log", 3L, "human")], result.Dropped.Select(d => (d.Pair.Id, d.Line, d.KeptId)));
        Assert.Contains("human weighs more than mined", result.Dropped[0].Reason, StringComparison.Ordinal);
        Assert.All(result.Dropped, d => Assert.Equal(d.Pair.Id, d.Pair.Provenance!.Source));        // whole, with its provenance
    }

    [Fact]
    public void Of_Contradiction_KeepsAllRows()
    {
        var result = Run(Row("a", "where is it", ["p"], "human"), Row("b", "where is it", ["q"], "human", "p"));
        Assert.Equal(["a", "b"], result.Kept.Select(p => p.Id).Order(StringComparer.Ordinal));
        Assert.Empty(result.Dropped);
        Assert.Contains("\"p\" is judged differently", Assert.Single(result.Conflicts).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_NearDuplicates_DropsThoseWithTheSamePositivesAlone()
    {
        var result = Run(
            Row("first", Long, ["p"], "synthetic"),
            Row("judged", Long + " please", ["p"], "synthetic", "n"),
            Row("other page", Long + " now", ["q"], "synthetic"),
            Row("far", "something else entirely that nobody asked before", ["p"], "synthetic"));
        Assert.Equal(["judged", "other page", "far"], result.Kept.Select(p => p.Id));
        var dropped = Assert.Single(result.Dropped);
        Assert.Equal(("first", "judged"), (dropped.Pair.Id, dropped.KeptId));
        Assert.Contains("more judgements", dropped.Reason, StringComparison.Ordinal);
        Assert.Equal(("other page", "judged"), (result.Conflicts[0].Id, result.Conflicts[0].OtherId));
    }

    [Fact]
    public void Of_ItsOwnResult_ChangesNothing()
    {
        var once = Run(Row("a", "Where is it?", ["p1"], "mined"), Row("b", "where is it?", ["p2"], "human"), Row("c", Long, ["p"], "log"), Row("d", Long + " please", ["p"], "log"));
        var twice = PairDeduplication.Of(new RowSet<Pair>("x", once.Kept, [1, 2]));
        Assert.Equal(once.Kept.Select(p => p.Id), twice.Kept.Select(p => p.Id));
        Assert.Empty(twice.Dropped);
    }

    private static PairDeduplication Run(params Pair[] rows) => PairDeduplication.Of(new RowSet<Pair>("x.jsonl", rows, [.. Enumerable.Range(1, rows.Length).Select(i => (long)i)]));

    private static Pair Row(string id, string query, string[] positives, string source, params string[] negatives) => new()
    {
        Id = id,
        Query = query,
        PositiveIds = positives,
        HardNegatives = [.. negatives.Select(n => new HardNegative(n, new Provenance { Source = "human", Rule = $"{n} of {id}" }))],
        Provenance = new Provenance { Source = source },
    };
}
