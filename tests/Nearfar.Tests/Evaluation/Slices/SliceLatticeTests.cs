using Nearfar.Evaluation.Slices;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Evaluation.Slices;

public class SliceLatticeTests
{
    private const int N = 300;

    private static readonly SliceAttribute[] s_attributes = Make();

    private static SliceAttribute[] Make()
    {
        var random = new SeededRandom(2);
        string[] words = ["refund", "invoice", "kettle", "late", "rare"];
        string[] texts = [.. Enumerable.Range(0, N).Select(i => string.Join(' ', words.Take(4).Where(_ => random.Below(3) == 0)) + (i < 5 ? " rare" : ""))];
        return
        [
            SliceAttribute.Of("a", [.. Enumerable.Range(0, N).Select(_ => $"a{random.Below(3)}")]),
            SliceAttribute.OfWords(texts, 10),
            SliceAttribute.Of("b", [.. Enumerable.Range(0, N).Select(_ => $"b{random.Below(7)}")]),
            SliceAttribute.Of("c", [.. Enumerable.Range(0, N).Select(i => i % 2 == 0 ? "even" : "odd")]),
        ];
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Lattice_AllConjunctions_AreThoseOfPlainLoops(int depth)
    {
        var lattice = new SliceLattice(s_attributes, N, 10, depth);
        var found = Enumerable.Range(0, lattice.Count).ToDictionary(
            node => string.Join('&', lattice.Conditions(node)), node => lattice.Members(node).ToArray());
        var wanted = new Dictionary<string, int[]>();
        (int A, int V)[] items = [.. s_attributes.SelectMany((a, i) => a.Values.Select((_, v) => (i, v)))];
        foreach (var set in Subsets(items, depth))
        {
            int[] members = [.. Enumerable.Range(0, N).Where(q => set.All(s => s_attributes[s.A][q].Contains(s.V)))];
            if (members.Length >= 10)
            {
                wanted.Add(string.Join('&', set.Select(s => new SliceCondition(s_attributes[s.A].Name, s_attributes[s.A].Values[s.V])).OrderBy(c => c.Attribute, StringComparer.Ordinal)), members);
            }
        }

        Assert.Equal(wanted.Keys.Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
        Assert.All(wanted, w => Assert.Equal(w.Value, found[w.Key]));
        Assert.DoesNotContain("query.word=rare", found.Keys);
    }

    [Fact]
    public void Parents_Triple_AreItsThreePairs()
    {
        var lattice = new SliceLattice(s_attributes, N, 10, 3);
        int triple = Enumerable.Range(0, lattice.Count).Last(n => lattice.Conditions(n).Length == 3);
        int[] parents = [.. lattice.Parents(triple)];
        Assert.Equal(3, parents.Length);
        Assert.All(parents, p => Assert.True(lattice.Conditions(p).ToHashSet().IsProperSubsetOf(lattice.Conditions(triple))));
        Assert.Empty(lattice.Parents(0));
    }

    [Fact]
    public void IsRedundant_ConditionThatFollowsFromAnother_IsSeen()
    {
        string[] product = [.. Enumerable.Range(0, 60).Select(i => i < 20 ? "lamp" : "other")];
        string[] language = [.. Enumerable.Range(0, 60).Select(i => i < 40 ? "de" : "en")];
        var lattice = new SliceLattice([SliceAttribute.Of("language", language), SliceAttribute.Of("product", product)], 60, 10, 2);
        var redundant = Enumerable.Range(0, lattice.Count).Where(lattice.IsRedundant).Select(n => string.Join('&', lattice.Conditions(n)));
        Assert.Equal(["language=de&product=lamp", "language=en&product=other"], redundant.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<(int A, int V)[]> Subsets((int A, int V)[] items, int depth)
    {
        IEnumerable<(int A, int V)[]> level = [[]];
        for (int d = 0; d < depth; d++)
        {
            level = [.. level.SelectMany(s => items.Where(i => s.Length == 0 || i.A > s[^1].A).Select(i => (ValueTuple<int, int>[])[.. s, i]))];
            foreach (var set in level)
            {
                yield return set;
            }
        }
    }
}
