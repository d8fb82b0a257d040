using Nearfar.Evaluation.Slices;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Evaluation.Slices;

public class QueryGroupsTests
{
    [Fact]
    public void Of_ClearGroups_FindsThemForAnySeedAndLength()
    {
        var random = new SeededRandom(1);
        var rows = Rows.Allocate<float>(120, 21);
        for (int i = 0; i < 120; i++)
        {
            for (int d = 0; d < 21; d++)
            {
                rows[i][d] = ((d % 4 == i % 4 ? 1 : 0) + (0.1f * random.Bell())) * (1 + i);
            }
        }

        for (ulong seed = 1; seed <= 5; seed++)
        {
            int[] groups = QueryGroups.Of(rows, 4, seed);
            Assert.Equal(groups, QueryGroups.Of(rows, 4, seed));
            int split = Enumerable.Range(0, 4).Count(g => Enumerable.Range(0, 30).Select(i => groups[(4 * i) + g]).Distinct().Count() > 1);
            Assert.Equal(0, split);
        }
    }

    [Fact]
    public void Of_ZeroRowsAndTooManyGroups_StandsApartAndStays()
    {
        var rows = Rows.Allocate<float>(3, 4);
        rows[0][0] = 1;
        rows[2][0] = 1;
        Assert.Equal([0, -1, 0], QueryGroups.Of(rows, 8, 1));
        Assert.Equal([-1, -1], QueryGroups.Of(Rows.Allocate<float>(2, 4), 8, 1));
    }
}
