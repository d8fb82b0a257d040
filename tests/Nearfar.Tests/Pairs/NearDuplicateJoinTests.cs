using CsCheck;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Pairs;

public sealed class NearDuplicateJoinTests
{
    // Families of seven texts of 60 words, in which 0 to 6 words at the end are exchanged: similarities on both sides of .8.
    private static readonly string[] s_texts =
        [.. Enumerable.Range(0, 420).Select(i => string.Join(' ', Enumerable.Range(0, 60).Select(w => w >= 60 - (i % 7 * 3) ? $"x{i}y{w}" : $"t{i / 7}w{w}")))];

    [Theory, InlineData(1), InlineData(2), InlineData(5)]
    public void Join_AnyThreads_IsThePlainComponents(int threads)
    {
        var sets = NearDuplicateJoin.ShinglesOf(s_texts.Length, i => s_texts[i], threads, TestContext.Current.CancellationToken);
        var union = new UnionFind(sets.Length);
        NearDuplicateJoin.Join(sets, union, threads, TestContext.Current.CancellationToken);
        var plain = Plain(sets);
        Assert.Equal(Roots(plain, sets.Length), Roots(union, sets.Length));
        Assert.InRange(Roots(union, sets.Length).Distinct().Count(), 61, 419);
    }

    [Fact]
    public void Join_ShuffledTexts_GivesTheSameComponents() => Gen.Shuffle(Enumerable.Range(0, 140).ToArray()).Sample(
        order =>
        {
            uint[][] sets = [.. order.Select(i => Shingles.Of(s_texts[i]))];
            var union = new UnionFind(sets.Length);
            NearDuplicateJoin.Join(sets, union);
            int[] names = [.. Enumerable.Range(0, order.Length).GroupBy(union.Find).SelectMany(g => g.Select(p => (Item: order[p], Name: g.Min(q => order[q])))).OrderBy(x => x.Item).Select(x => x.Name)];
            Assert.Equal(Roots(Plain([.. Enumerable.Range(0, order.Length).Select(i => Shingles.Of(s_texts[i]))]), order.Length), names);
        },
        iter: 10, threads: 1, seed: "0000Nq3ByPR4");

    [Fact]
    public void Join_ManyCopiesOfOneText_IsOneComponentBesideWhatWasJoinedBefore()
    {
        var sets = Enumerable.Range(0, 5000).Select(i => Shingles.Of(i % 2 == 0 ? s_texts[0] : s_texts[7])).ToArray();
        var union = new UnionFind(sets.Length);
        union.Union(0, 1);
        NearDuplicateJoin.Join(sets, union, cancellationToken: TestContext.Current.CancellationToken);
        Assert.All(Roots(union, sets.Length), root => Assert.Equal(0, root));
    }

    [Fact]
    public void Join_Nothing_IsNothing() => NearDuplicateJoin.Join([], new UnionFind(0), cancellationToken: TestContext.Current.CancellationToken);

    private static UnionFind Plain(uint[][] sets)
    {
        var union = new UnionFind(sets.Length);
        for (int i = 0; i < sets.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (5 * sets[i].Intersect(sets[j]).Count() >= 4 * sets[i].Union(sets[j]).Count())
                {
                    union.Union(i, j);
                }
            }
        }

        return union;
    }

    private static int[] Roots(UnionFind union, int count) => [.. Enumerable.Range(0, count).Select(union.Find)];
}
