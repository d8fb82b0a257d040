using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Pairs;

public sealed class PairSplitTests
{
    private static readonly Document[] s_documents = [.. Enumerable.Range(0, 200).Select(i => new Document { Id = $"d{i:000}", Text = $"page number {i} about thing {i * 7} and subject {i * 13} of kind {i * 17}" })];
    private static readonly Pair[] s_pairs = [.. Enumerable.Range(0, 600).Select(i => new Pair { Id = $"p{i}", Query = $"question {i} on its own subject {i * 31}", PositiveIds = [$"d{i % 200:000}"] })];

    [Fact]
    public void Of_AnyPairs_PartsNoPage_AndKeepsTheShares()
    {
        var split = PairSplit.Of(new Corpus(s_documents), s_pairs, new PairSplitOptions { DevShare = 0.15, GateShare = 0.25 });
        Assert.Equal(600, split.Train.Count + split.Dev.Count + split.Gate.Count);
        Assert.Equal((200, 3), (split.Groups, split.LargestGroup));
        var pages = new[] { split.Train, split.Dev, split.Gate }.Select(s => s.SelectMany(p => p.PositiveIds).ToHashSet(StringComparer.Ordinal)).ToArray();
        Assert.False(pages[0].Overlaps(pages[1]) || pages[0].Overlaps(pages[2]) || pages[1].Overlaps(pages[2]));
        Assert.InRange(split.Gate.Count, 100, 200);
        Assert.InRange(split.Dev.Count, 50, 130);
        Assert.Equal(split.Train.Select(p => p.Id).OrderBy(id => int.Parse(id[1..], System.Globalization.CultureInfo.InvariantCulture)), split.Train.Select(p => p.Id));
    }

    [Fact]
    public void Of_DataThatGrow_StayWhereTheyWere()
    {
        var before = PairSplit.Of(new Corpus(s_documents), s_pairs);
        Document[] more = [.. s_documents, .. Enumerable.Range(200, 100).Select(i => new Document { Id = $"d{i:000}", Text = $"a new page {i} that tells of {i * 3} others" })];
        Pair[] asked = [.. s_pairs.Reverse(), .. Enumerable.Range(0, 150).Select(i => new Pair { Id = $"n{i}", Query = $"what is new in {i * 77}", PositiveIds = [$"d{200 + (i % 100):000}"] })];
        var after = PairSplit.Of(new Corpus(more), asked);
        Assert.All(new[] { (before.Train, after.Train), (before.Dev, after.Dev), (before.Gate, after.Gate) }, s => Assert.Subset(Ids(s.Item2), Ids(s.Item1)));
    }

    /// <summary>A new document with a smaller id, or one that joins two pages, must move no gate question into training.</summary>
    [Fact]
    public void Of_ClustersThatMerge_TheGateSideWins()
    {
        var before = PairSplit.Of(new Corpus(s_documents), s_pairs);
        string gate = before.Gate[0].PositiveIds[0], train = before.Train[0].PositiveIds[0], dev = before.Dev[0].PositiveIds[0], other = before.Train.First(p => p.PositiveIds[0] != train).PositiveIds[0];
        Pair[] joining =
        [
            new() { Id = "joins", Query = "one question that both pages answer", PositiveIds = [train, gate] },
            new() { Id = "joins too", Query = "another question answered twice", PositiveIds = [dev, other] },
        ];
        var after = PairSplit.Of(new Corpus(s_documents), [.. s_pairs, .. joining], null, new EarlierSplit(before.Train, before.Dev, before.Gate));
        Assert.Subset(Ids(after.Gate), Ids(before.Gate));
        Assert.Contains(after.Gate, p => p.Id == "joins");
        Assert.All(s_pairs.Where(p => p.PositiveIds[0] == train), p => Assert.Contains(after.Gate, g => g.Id == p.Id));
        Assert.Contains(after.Dev, p => p.Id == "joins too");
        Assert.All(s_pairs.Where(p => p.PositiveIds[0] == other), p => Assert.Contains(after.Dev, g => g.Id == p.Id));
        Assert.Equal((2, 198), (after.MergedGroups, after.KeptGroups));
    }

    [Fact]
    public void Of_EarlierSplitWithOtherShares_MovesNothing()
    {
        var before = PairSplit.Of(new Corpus(s_documents), s_pairs);
        var after = PairSplit.Of(new Corpus(s_documents), s_pairs, new PairSplitOptions { GateShare = 0.5, DevShare = 0 }, new EarlierSplit(before.Train, before.Dev, before.Gate));
        Assert.Equal(Ids(before.Gate), Ids(after.Gate));
        Assert.Equal(Ids(before.Dev), Ids(after.Dev));
    }

    [Fact]
    public void Of_NearDuplicateQuestionsOnTwoPages_AreNotParted()
    {
        const string question = "please tell me how long it takes until the money for a returned lamp is back on my credit card account in the end";
        Pair[] asked = [.. Enumerable.Range(0, 40).Select(i => new Pair { Id = $"q{i}", Query = question + (i == 0 ? "" : " "[..0]) + (i % 2 == 0 ? "?" : " now"), PositiveIds = [$"d{i:000}"] }), .. s_pairs[100..]];
        var split = PairSplit.Of(new Corpus(s_documents), asked);
        Assert.Single(new[] { split.Train, split.Dev, split.Gate }, s => s.Any(p => p.Id.StartsWith('q')));
        Assert.True(split.LargestGroup >= 40);
    }

    [Fact]
    public void Of_UnsoundInput_IsRefused()
    {
        var corpus = new Corpus(s_documents);
        Assert.Contains("\"gone\"", Assert.Throws<NearfarException>(() => PairSplit.Of(corpus, [s_pairs[0] with { PositiveIds = ["gone"] }])).Message, StringComparison.Ordinal);
        Assert.Contains("No question falls to", Assert.Throws<NearfarException>(() => PairSplit.Of(corpus, s_pairs[..2])).Message, StringComparison.Ordinal);
        var thrown = Assert.Throws<ArgumentException>(() => PairSplit.Of(corpus, s_pairs, new PairSplitOptions { DevShare = double.NaN, GateShare = 0.6 }));
        Assert.Contains("dev share is NaN", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("gate share is 0.6", thrown.Message, StringComparison.Ordinal);
    }

    private static HashSet<string> Ids(IReadOnlyList<Pair> pairs) => [.. pairs.Select(p => p.Id)];
}
