using Nearfar.Training;
using Xunit;

namespace Nearfar.Tests.Training;

public class TrainingWatchTests
{
    [Fact]
    public void Judge_LossFallsAndRecallFalls_Warns()
    {
        var watch = new TrainingWatch();
        Assert.Empty(watch.Judge(0, Score(0.5, 0.9), true));
        watch.Saw(2);
        Assert.Empty(watch.Judge(1, Score(0.8, 0.7), true));      // no loss before this one: nothing is known to fall
        watch.Saw(1);
        Assert.Equal(["The loss falls, and held-out recall@5 of protected cohort intent=refund-policy (n 100) fell to 0.700 from 0.900 at step 0."], watch.Judge(2, Score(0.8, 0.7), false));
        watch.Saw(0.5);
        Assert.Equal(["The loss falls, and held-out recall@5 of all questions (n 100) fell to 0.600 from 0.800 at step 1."], watch.Judge(3, Score(0.6, 0.7), false));     // the cohort's was told
        watch.Saw(3);
        Assert.Empty(watch.Judge(4, Score(0.1, 0.1), false));     // the loss rose
        Assert.Equal(3, watch.Stale);
    }

    [Fact]
    public void Judge_FallThatStays_IsToldOnce_AndAgainWhenItGoesOnOrComesAnew()
    {
        var watch = new TrainingWatch();
        watch.Saw(9);
        watch.Judge(0, Score(0.8, 0), true);
        double[] recalls = [.60, .60, .57, .54, .79, .60, .85, .82, .70];
        bool[] told = [true, false, false, true, false, true, false, false, true];
        for (int i = 0; i < recalls.Length; i++)
        {
            watch.Saw(8 - (.5 * i));
            Assert.Equal((i, told[i]), (i, watch.Judge(i + 1, Score(recalls[i], 0), false).Count == 1));
        }
    }

    [Fact]
    public void Judge_FallWithinTheStandardError_IsNone()
    {
        var watch = new TrainingWatch();
        watch.Saw(2);
        watch.Judge(1, Score(0.80, 0.9), true);
        watch.Saw(1);
        Assert.Empty(watch.Judge(2, Score(0.77, 0.88), false));   // standard errors .042 and .032
    }

    private static HeldOutScore Score(double recall, double cohort) => new(recall, null)
    {
        Detail = new HeldOutDetail(100, recall, [new("intent", "other", 100, 0, 0.1, null), new("intent", "refund-policy", 100, cohort, cohort, null, Protected: true)]),
    };
}
