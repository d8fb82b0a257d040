using CsCheck;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Pairs;

public sealed class DocumentClustersTests
{
    private const string Long = "You can return any item within thirty days of the order if it is unused and in the box that it came in and you kept the bill";

    [Fact]
    public void Of_DeclaredNearAndAnsweringTogether_AreConnected()
    {
        var corpus = new Corpus(
        [
            Document("a", Long),
            Document("b", Long.ToUpperInvariant() + "!"),                        // the same words
            Document("c", "Orders can be followed by number", ("group", "g")),
            Document("d", "A second page about parcels", ("group", "g")),
            Document("e", "Newer page on fees", ("replaces", "f")),
            Document("f", "Older page about something else entirely"),
            Document("h", "First successor of a page that is gone", ("replaces", "gone")),
            Document("i", "Another successor with other words", ("replaces", "gone")),
            Document("j", "Lonely page"),
            Document("k", "Right for the same question as d"),
        ]);
        var clusters = DocumentClusters.Of(corpus, [Pair("1", "Where is it?", "d"), Pair("2", "where  is IT?", "k"), Pair("3", "other", "j", "unknown-id")]);
        Assert.Equal(["a", "a", "c", "c", "e", "e", "h", "h", "j", "c"], corpus.Documents.Select(d => clusters.ClusterOf(d.Id)));
        Assert.True(clusters.AreNearDuplicates("a", "b"));
        Assert.False(clusters.AreNearDuplicates("c", "d"));
    }

    [Fact]
    public void Of_OrderOfDocuments_DoesNotMatter()
    {
        Gen.Shuffle(Enumerable.Range(0, 30).ToArray()).Sample(
            order =>
            {
                Document Make(int i) => Document($"d{i:00}", $"Group {i / 3} holds words {i / 3} that nobody else says in room {i / 3} of house {i / 3} at all, never ever, not even once");
                var straight = DocumentClusters.Of(new Corpus(Enumerable.Range(0, 30).Select(Make)), []);
                var shuffled = DocumentClusters.Of(new Corpus(order.Select(Make)), []);
                Assert.All(order, i => Assert.Equal(straight.ClusterOf($"d{i:00}"), shuffled.ClusterOf($"d{i:00}")));
                Assert.All(order, i => Assert.Equal($"d{i / 3 * 3:00}", straight.ClusterOf($"d{i:00}")));
            },
            iter: 5, threads: 1);
    }

    [Fact]
    public void FoldOf_DataThatGrow_StaysWhileTheSmallestIdDoes()
    {
        var few = DocumentClusters.Of(new Corpus([Document("b", "one page", ("group", "g"))]), []);
        var more = DocumentClusters.Of(new Corpus([Document("b", "one page", ("group", "g")), Document("c", "another", ("group", "g"))]), []);
        Assert.Equal(few.FoldOf("b"), more.FoldOf("c"));
        Assert.InRange(few.FoldOf("b"), 0, 1);
    }

    [Fact]
    public void FoldOf_ManyIds_AreSpreadEvenly()
    {
        double[] folds = [.. Enumerable.Range(0, 10_000).Select(i => DocumentClusters.FractionOf($"id {i}"))];
        Assert.Equal(0.5, folds.Average(), 0.02);
        Assert.All(Enumerable.Range(0, 10), b => Assert.InRange(folds.Count(f => (int)(f * 10) == b), 880, 1120));
    }

    [Fact]
    public void Find_AgainstPlainJaccard_MissesNoNearDuplicate()
    {
        // Texts of 40 words with some exchanged: similarities on both sides of .8.
        var texts = Enumerable.Range(0, 300).Select(i => string.Join(' ', Enumerable.Range(0, 60).Select(w => w >= 60 - (i % 7) ? $"x{i}y{w}" : $"t{i / 7}w{w}"))).ToList();
        var index = new NearDuplicateIndex();
        var sets = texts.ConvertAll(Shingles.Of);
        var plain = texts.ConvertAll(PlainShingles);
        sets.ForEach(index.Add);
        int found = 0;
        for (int i = 0; i < sets.Count; i++)
        {
            int[] wanted = [.. Enumerable.Range(0, sets.Count).Where(j => PlainJaccard(plain[i], plain[j]) >= 0.8)];
            Assert.Equal(wanted, index.Find(sets[i]));
            found += wanted.Length;
        }

        Assert.True(found > 600, "the test needs pairs on both sides of the limit");
    }

    [Fact]
    public void AreNear_AnySets_IsTheQuotientOfTheDefinition()
    {
        var set = Gen.UInt[0, 60].Array[1, 60].Select(a => a.Distinct().Order().ToArray());
        var near = set.SelectMany(a => Gen.UInt[0, 80].Array[0, 6].Select(b => a.Concat(b).Distinct().Order().ToArray()), (a, b) => (a, b));
        int yes = 0;
        Gen.OneOf(Gen.Select(set, set), near).Sample(
            pair =>
            {
                var (a, b) = pair;
                int shared = a.Intersect(b).Count();
                bool wanted = 10 * shared >= 8 * (a.Length + b.Length - shared);
                yes += wanted ? 1 : 0;
                Assert.Equal(wanted, Shingles.AreNear(a, b));
            },
            iter: 3000, threads: 1);
        Assert.InRange(yes, 300, 2700);
    }

    [Fact]
    public void Shingles_ScriptsWithoutSpaces_AreRunsOfFiveCharacters()
    {
        Assert.Equal(4, Shingles.Of("返品の条件とは何").Length); // 8 characters
        Assert.Single(Shingles.Of("返品"));
        Assert.Equal(Shingles.Of("返品の条件とは"), Shingles.Of("返品の、条件とは！"));
        Assert.Equal(Shingles.Of("???"), Shingles.Of(" ??? "));
        Assert.NotEqual(Shingles.Of("???"), Shingles.Of("!!!"));
    }

    private static HashSet<string> PlainShingles(string text)
    {
        string[] words = text.Split(' ');
        return [.. Enumerable.Range(0, words.Length - 4).Select(i => string.Join(' ', words[i..(i + 5)]))];
    }

    private static double PlainJaccard(HashSet<string> a, HashSet<string> b)
    {
        int shared = a.Count(b.Contains);
        return (double)shared / (a.Count + b.Count - shared);
    }

    private static Document Document(string id, string text, params (string Name, string Value)[] attributes) =>
        new() { Id = id, Text = text, Attributes = attributes.ToDictionary(a => a.Name, a => a.Value) };

    private static Pair Pair(string id, string query, params string[] positives) => new() { Id = id, Query = query, PositiveIds = positives };
}
