using System.Text.Json;
using CsCheck;
using Nearfar.Encoding;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Encoding;

public class VectorQuantizationTests
{
    [Fact]
    public void EncodeInt8_RangesOfOtherVectors_ClipsAndSteps()
    {
        var quantization = VectorQuantization.Int8(Of([1, 20, -3], [4, 5, -60]));
        sbyte[] codes = new sbyte[3];
        quantization.EncodeInt8([-1, 15, 1], codes);
        Assert.Equal(new sbyte[] { -128, 42, 127 }, codes);
    }

    [Theory, InlineData("quant/int8"), InlineData("quant/uint8"), InlineData("quant/binary"), InlineData("quant/ubinary")]
    public void Encode_ConformanceEntry_IsExact(string name)
    {
        string? folder = Environment.GetEnvironmentVariable("NEARFAR_CONFORMANCE");
        Assert.SkipWhen(folder is null, "NEARFAR_CONFORMANCE is not set");
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder!, "losses.json")));
        var entry = file.RootElement.GetProperty("entries").GetProperty(name);
        int[] shape = [.. entry.GetProperty("columns")[0].EnumerateArray().Select(v => v.GetInt32())];
        var rows = Of([.. Enumerable.Range(0, shape[1]).Select(i => Enumerable.Range(0, shape[2]).Select(j => (float)Math.Sin((1.7 * (i + 1)) + (0.9 * (j + 1) * (shape[0] + 1)))).ToArray())]);
        for (int i = 0; i < rows.Count; i++)
        {
            int[] expected = [.. entry.GetProperty("expected")[i].EnumerateArray().Select(v => v.GetInt32())];
            int[] got = Codes(rows, i, name[6..]);
            Assert.Equal(expected, got);
        }
    }

    [Fact]
    public void EncodeBinary_EightOfOneSign_IsAllOrNothing()
    {
        byte[] bits = new byte[1];
        VectorQuantization.Binary(8).EncodeBinary([1, 1, 1, 1, 1, 1, 1, 1], bits);
        Assert.Equal(255, bits[0]);
        VectorQuantization.Binary(8).EncodeBinary([-1, -1, -1, 0, -1, -1, -1, -1], bits);
        Assert.Equal(0, bits[0]);
        VectorQuantization.Binary(3).EncodeBinary([1, -1, 1], bits);
        Assert.Equal(0b1010_0000, bits[0]);
    }

    [Fact]
    public void Apply_Int8_StaysWithinAStepAndHasLengthOne() =>
        Gen.Int[1, 40].Select(Gen.Int[1, 20], Gen.Int[0, 100_000]).Sample((d, n, seed) =>
        {
            var rows = Of([.. Enumerable.Range(0, n).Select(i => Unit([.. Enumerable.Range(0, d).Select(j => (float)Math.Sin((seed * .37) + (i * 12.9) + (j * 4.1)))]))]);
            var quantization = VectorQuantization.Int8(rows);
            for (int i = 0; i < n; i++)
            {
                float[] before = rows[i].ToArray(), after = rows[i].ToArray();
                Assert.True(quantization.Apply(after));
                Assert.Equal(1, after.Sum(v => (double)v * v), 1e-5);
                double cosine = before.Zip(after, (a, b) => (double)a * b).Sum();
                Assert.True(cosine > .999, $"{cosine}");
            }
        }, iter: 40, seed: "0N0XIzNsQ0O2", threads: 1);

    [Fact]
    public void Int8_NoRowWithADirection_IsRefused()
    {
        Assert.Throws<NearfarException>(() => VectorQuantization.Int8(Of([0, 0], [0, 0])));
        Assert.Throws<NearfarException>(() => VectorQuantization.Int8(Of([float.NaN, 1], [1, 0])));
        Assert.Throws<NearfarException>(() => VectorQuantization.Int8([0f], [0f]));
    }

    private static int[] Codes(Rows<float> rows, int row, string kind)
    {
        if (kind.EndsWith("int8", StringComparison.Ordinal))
        {
            sbyte[] codes = new sbyte[rows.Dimensions];
            VectorQuantization.Int8(rows).EncodeInt8(rows[row], codes);
            return [.. codes.Select(c => kind == "uint8" ? c + 128 : c)];
        }

        byte[] bits = new byte[(rows.Dimensions + 7) / 8];
        VectorQuantization.Binary(rows.Dimensions).EncodeBinary(rows[row], bits);
        return [.. bits.Select(b => kind == "binary" ? b - 128 : b)];
    }

    private static float[] Unit(float[] row)
    {
        double length = Math.Sqrt(row.Sum(v => (double)v * v));
        return [.. row.Select(v => (float)(v / length))];
    }

    private static Rows<float> Of(params float[][] rows) => new(rows.SelectMany(r => r).ToArray(), rows.Length, rows[0].Length, rows[0].Length);
}
