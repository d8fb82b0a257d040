using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Vectors;

public unsafe class RowSumsTests
{
    [Theory]
    [InlineData(16, 1), InlineData(64, 7), InlineData(80, 3), InlineData(256, 9), InlineData(336, 40), InlineData(512, 2), InlineData(256, 0)]
    public void Sum_EitherKernel_IsTheChainInOrderBitForBit(int columns, int count)
    {
        const int Rows = 11;
        int stride = columns + 16;
        var random = new SeededRandom(7);
        float[] rows = [.. Enumerable.Range(0, Rows * stride).Select(_ => random.Bell())];
        WeightedRow[] entries = [.. Enumerable.Range(0, count).Select(_ => new WeightedRow(random.Below(Rows), random.Bell()))];
        float[] wide = new float[columns + 1], narrow = new float[columns + 1];
        (wide[columns], narrow[columns]) = (42, 42);
        fixed (float* r = rows, w = wide, n = narrow)
        fixed (WeightedRow* e = entries)
        {
            RowSums.Sum(r, stride, columns, e, count, 0.3f, w, wide: true);
            RowSums.Sum(r, stride, columns, e, count, 0.3f, n, wide: false);
        }

        for (int k = 0; k < columns; k++)
        {
            float sum = 0;
            foreach (var (row, weight) in entries)
            {
                sum = MathF.FusedMultiplyAdd(weight, rows[(row * stride) + k], sum);
            }

            Assert.Equal(BitConverter.SingleToInt32Bits(sum * 0.3f), BitConverter.SingleToInt32Bits(wide[k]));
            Assert.Equal(BitConverter.SingleToInt32Bits(sum * 0.3f), BitConverter.SingleToInt32Bits(narrow[k]));
        }

        Assert.Equal((42, 42), (wide[columns], narrow[columns]));       // nothing is written behind the row
    }
}
