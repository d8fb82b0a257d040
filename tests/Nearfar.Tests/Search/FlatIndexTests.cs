using Nearfar.Search;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Search;

public class FlatIndexTests() : VectorIndexSuite(IndexKind.Flat)
{
    /// <summary>Scores closer to each other than the guide's rounding: only the exact score can order them.</summary>
    [Theory, InlineData(1), InlineData(9)]
    public void Search_ScoresThatDifferInTheLastBits_AreInExactOrder(int queries)
    {
        var random = new SeededRandom(11);
        var centre = Rows.Allocate<float>(1, 100);
        var rows = Rows.Allocate<float>(2000, 100);
        for (int d = 0; d < 100; d++)
        {
            centre[0][d] = random.Bell();
        }

        for (int i = 0; i < rows.Count; i++)
        {
            centre[0].CopyTo(rows[i]);
            rows[i][random.Below(100)] *= 1 + ((random.Below(9) - 4) * 1.2e-7f);
        }

        var vectors = new VectorSet(Space, [.. Enumerable.Range(0, 2000).Select(i => $"d{i:0000}")], rows);
        var all = Rows.Allocate<float>(queries, 100);
        for (int q = 0; q < queries; q++)
        {
            centre[0].CopyTo(all[q]);
        }

        Assert.Equal(Oracle(vectors, centre[0], 50), new FlatIndex(vectors).Search(all, Space, 50, Token)[0]);
    }

    [Fact]
    public void Choose_BySize_SaysWhy()
    {
        Assert.Equal(IndexKind.Flat, IndexFolder.Choose(200_000, 384).Kind);
        var (kind, reason) = IndexFolder.Choose(1_000_000, 384);
        Assert.Equal(IndexKind.Int8, kind);
        Assert.Contains("1536 MB", reason, StringComparison.Ordinal);
    }
}
