using Nearfar.Training;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training;

public class BatchTruthTests
{
    [Theory, InlineData(5, 3, 3), InlineData(40, 20, 2), InlineData(200, 33, 4)]
    public void Measure_EqualsPlainLoops(int pairs, int dimensions, int columns)
    {
        var (rows, units) = Random(pairs * columns, dimensions, (ulong)pairs);
        var side = new RowSide
        {
            MaskOffsets = new int[] { 0 }.Concat(Enumerable.Range(1, pairs)).ToArray(),
            MaskedDocuments = Enumerable.Range(0, pairs).Select(i => (i + 1) % pairs).ToArray(),
            AbsentDocuments = columns > 2 ? new[] { pairs, pairs + 2 } : [],
        };
        var facts = new BatchTruth().Measure(rows, pairs, side);
        int sample = Math.Min(pairs, Math.Clamp(pairs / 8, 16, 64)), documents = pairs * (columns - 1);
        double Cosine(int a, int b) => units[a].Zip(units[b], (x, y) => x * y).Sum();
        bool TakesPart(int i, int j) => j != i && j != (i + 1) % pairs && !side.AbsentDocuments.ToArray().Contains(j);
        var negatives = Enumerable.Range(0, sample).SelectMany(i => Enumerable.Range(0, documents).Where(j => TakesPart(i, j)).Select(j => (i, s: Cosine(i, pairs + j)))).ToList();
        double mean = negatives.Average(n => n.s);
        Assert.Equal(Enumerable.Range(0, sample).Average(i => Enumerable.Range(0, documents).Where(j => TakesPart(i, j)).All(j => Cosine(i, pairs + j) < Cosine(i, pairs + i)) ? 1.0 : 0), facts.Accuracy, 1e-9);
        Assert.Equal(Enumerable.Range(0, sample).Average(i => units[i].Zip(units[pairs + i], (x, y) => (x - y) * (x - y)).Sum()), facts.Alignment, 1e-5);
        double near = negatives.Average(n => Cosine(n.i, pairs + n.i) is var own && own > mean && n.s - mean >= 0.95 * (own - mean) ? 1.0 : 0);
        Assert.Equal(near, facts.LikelyFalseNegatives!.Value, 1e-3);
        var twos = Enumerable.Range(pairs, sample).SelectMany(a => Enumerable.Range(pairs, a - pairs).Select(b => Math.Exp(-2 * units[a].Zip(units[b], (x, y) => (x - y) * (x - y)).Sum())));
        Assert.Equal(Math.Log(twos.Average()), facts.Uniformity!.Value, 1e-4);
    }

    [Fact]
    public void Measure_CollapsedEncoder_IsNeverRightAndNotSpread()
    {
        var rows = new Rows<float>(new float[8 * 16], 8, 2, 16);
        for (int i = 0; i < 8; i++)
        {
            rows[i][0] = 1;
        }

        var facts = new BatchTruth().Measure(rows, 4, RowSide.Empty);
        Assert.Equal((0, 0, 0), (facts.Accuracy, facts.Alignment, facts.Uniformity));
    }

    [Fact]
    public void SharesOf_CountsPlaces()
    {
        var side = new RowSide { MaskOffsets = new[] { 0, 1, 1, 3, 3 }, MaskedDocuments = new[] { 1, 0, 2 }, AbsentDocuments = new[] { 5 } };
        Assert.Equal((3 / 32.0, 0.25), BatchTruth.SharesOf(side, 4, 3));
    }

    private static (Rows<float> Rows, double[][] Units) Random(int count, int dimensions, ulong seed)
    {
        int stride = (dimensions + 15) / 16 * 16;
        var rows = new Rows<float>(new float[count * stride], count, dimensions, stride);
        var random = new SeededRandom(seed);
        for (int i = 0; i < count; i++)
        {
            foreach (ref float value in rows[i])
            {
                value = random.Bell();
            }
        }

        return (rows, [.. Enumerable.Range(0, count).Select(i => rows[i].ToArray()).Select(r => (r, Length: Math.Sqrt(r.Sum(x => (double)x * x)))).Select(r => r.r.Select(x => x / r.Length).ToArray())]);
    }
}
