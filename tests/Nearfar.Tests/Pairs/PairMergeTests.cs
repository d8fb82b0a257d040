using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Pairs;

public sealed class PairMergeTests
{
    private static readonly Pair s_row = new()
    {
        Id = "a",
        Query = "where is it",
        PositiveIds = ["p"],
        HardNegatives = [new("n", new Provenance { Source = "mined", Rule = "positive_ratio<0.95", Rank = 3 })],
        Provenance = new Provenance { Source = "human", Reviewer = "dana" },
    };

    [Fact]
    public void Of_EqualRows_AreKeptOnce_OthersGetAnIdOfTheirOwn()
    {
        var merged = PairMerge.Of([Set("x/train.jsonl", s_row, s_row with { Id = "a-more" }), Set("y/more.jsonl", s_row, s_row with { Id = "b" }), Set("z/more.jsonl.gz", s_row with { Query = "another" })]);
        Assert.Equal(["a", "a-more", "b", "a-more-2"], merged.Pairs.Select(p => p.Id));
        Assert.Equal(1, merged.Equal);
        Assert.Equal(new RenamedPair("z/more.jsonl.gz", 1, "a", "a-more-2"), Assert.Single(merged.Renamed));
        Assert.All(merged.Pairs, p => Assert.Equal((s_row.Provenance, s_row.HardNegatives[0].Provenance), (p.Provenance, p.HardNegatives[0].Provenance)));
    }

    [Fact]
    public void Of_RowsThatDifferInProvenanceAlone_BothStay()
    {
        var merged = PairMerge.Of([Set("a.jsonl", s_row), Set("b.jsonl", s_row with { Provenance = new Provenance { Source = "log" } })]);
        Assert.Equal(["human", "log"], merged.Pairs.Select(p => p.Provenance!.Source));
        Assert.Equal(0, merged.Equal);
    }

    private static RowSet<Pair> Set(string path, params Pair[] rows) => new(path, rows, [.. Enumerable.Range(1, rows.Length).Select(i => (long)i)]);
}
