using CsCheck;
using Nearfar.Labels;
using Xunit;

namespace Nearfar.Tests.Labels;

public sealed class RaterAgreementTests
{
    [Fact]
    public void Of_TwentyFiveEach_IsTheKappaOfTheTextbook()
    {
        // 50 rows: both right 20, both wrong 15, 5 and 10 apart: observed .7, by chance .5, kappa .4.
        int[] first = [.. Enumerable.Repeat(1, 25), .. Enumerable.Repeat(0, 25)];
        int[] second = [.. Enumerable.Repeat(1, 20), .. Enumerable.Repeat(0, 5), .. Enumerable.Repeat(1, 10), .. Enumerable.Repeat(0, 15)];
        var agreement = RaterAgreement.Of(Sheet("a", first), Sheet("b", second));
        Assert.Equal((50, .7, 15), (agreement.Rows, Math.Round(agreement.Same, 12), agreement.Disagreements.Count));
        Assert.Equal(.4, agreement.KappaOfRight!.Value, 1e-12);
        Assert.Equal(agreement.KappaOfRight!.Value, agreement.WeightedKappa!.Value, 1e-12);      // two grades: the weights are the same
    }

    [Fact]
    public void Of_AnyGrades_IsThePlainFormula() => Gen.Select(Gen.Int[0, 3].Array[2, 40], Gen.Int[0, 3].Array[2, 40]).Sample(
        (a, b) =>
        {
            int n = Math.Min(a.Length, b.Length);
            var agreement = RaterAgreement.Of(Sheet("a", a[..n]), Sheet("b", b[..n]));
            double observed = 0, expected = 0;
            for (int i = 0; i < n; i++)
            {
                observed += (a[i] - b[i]) * (a[i] - b[i]) / (double)n;
                for (int j = 0; j < n; j++)
                {
                    expected += (a[i] - b[j]) * (a[i] - b[j]) / (double)n / n;
                }
            }

            if (expected == 0)
            {
                Assert.Null(agreement.WeightedKappa);
            }
            else
            {
                Assert.Equal(1 - (observed / expected), agreement.WeightedKappa!.Value, 1e-9);
            }
        },
        iter: 300, threads: 1, seed: "0000Nq3ByPR4");

    [Fact]
    public void Of_OneAnswerThroughout_HasNoKappa()
    {
        var agreement = RaterAgreement.Of(Sheet("a", [0, 0]), Sheet("b", [0, 0]));
        Assert.Equal((1.0, null, null), (agreement.Same, agreement.Kappa, agreement.KappaOfRight));
    }

    [Fact]
    public void Of_UnjudgedRows_AreNotCompared()
    {
        Assert.Equal(1, RaterAgreement.Of(Sheet("a", [1, null, 0]), Sheet("b", [1, 0, null])).Rows);
        Assert.Throws<NearfarException>(() => RaterAgreement.Of(Sheet("a", [1, null]), Sheet("b", [null, 0])));
    }

    private static LabelRow[] Sheet(string rater, int[] grades) => Sheet(rater, [.. grades.Select(g => (int?)g)]);

    private static LabelRow[] Sheet(string rater, int?[] grades) =>
        [.. grades.Select((g, i) => new LabelRow { QuestionId = "q", Query = "a question", DocumentId = $"d{i}", Grade = g, Rater = g is null ? null : rater })];
}
