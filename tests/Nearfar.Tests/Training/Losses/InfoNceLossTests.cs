using System.Text.Json;
using CsCheck;
using Nearfar.Training.Losses;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training.Losses;

public class InfoNceLossTests
{
    private static readonly StepInfo First = new(1, 1, 1);

    [Theory, InlineData("mnrl/pairs_default"), InlineData("mnrl/triplet_default"), InlineData("mnrl/4col"), InlineData("mnrl/scale50")]
    public void Evaluate_ConformanceEntry_AgreesInDouble(string name)
    {
        string? folder = Environment.GetEnvironmentVariable("NEARFAR_CONFORMANCE");
        Assert.SkipWhen(folder is null, "NEARFAR_CONFORMANCE is not set");
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder!, "losses.json")));
        var entry = file.RootElement.GetProperty("entries").GetProperty(name);
        Assert.Equal("cosine", entry.GetProperty("config").GetProperty("similarity").GetString());
        double scale = entry.GetProperty("config").GetProperty("scale").GetDouble();
        var batch = new LossBatch<double>([.. entry.GetProperty("columns").EnumerateArray().Select(c => Batch.Wave(c[0].GetInt32(), c[1].GetInt32(), c[2].GetInt32()))], RowSide.Empty);
        var gradients = batch.NewGradients(double.NaN);

        var loss = new InfoNceLoss(1 / scale).Evaluate(batch, gradients, First);

        Near(entry.GetProperty("expected").GetDouble(), loss.Value, 1e-10);
        double[] row = [.. entry.GetProperty("grad_anchor_row0").EnumerateArray().Select(v => v.GetDouble())];
        for (int k = 0; k < row.Length; k++)
        {
            Near(row[k], gradients[0][0][k], 1e-8);
        }

        double[] norms = [.. entry.GetProperty("grad_norms").EnumerateArray().Select(v => v.GetDouble())];
        for (int c = 0; c < norms.Length; c++)
        {
            Near(norms[c], Math.Sqrt(new[] { gradients[c] }.Flat().Sum(g => g * g)), 1e-8);
        }
    }

    [Theory, InlineData(2), InlineData(32), InlineData(100)]
    public void Evaluate_CollapsedEncoder_IsLogOfDocuments(int pairs)
    {
        var column = new float[pairs, 3];
        for (int i = 0; i < pairs; i++)
        {
            (column[i, 0], column[i, 1], column[i, 2]) = (1, 2, -1);
        }

        var batch = Batch.Of(RowSide.Empty, column, column, column);
        Assert.Equal(Math.Log(2 * pairs), new InfoNceLoss().Evaluate(batch, batch.NewGradients(), First).Value, 1e-5);
    }

    [Fact]
    public void Evaluate_PlainLoopOverDefinition_Agrees() =>
        Cases.Sample(c =>
        {
            var batch = c.Batch;
            double loss = 0;
            for (int i = 0; i < batch.Pairs; i++)
            {
                double own = Cosine(batch, i, i), sum = 0;
                for (int j = 0; j < batch.Documents; j++)
                {
                    bool out_ = batch.Side.MaskOf(i).Contains(j) || batch.Side.AbsentDocuments.Span.Contains(j);
                    sum += j == i || !out_ ? Math.Exp((Cosine(batch, i, j) - own) / 0.1) : 0;
                }

                loss += Math.Log(sum) / batch.Pairs;
            }

            Near(loss, new InfoNceLoss(0.1).Evaluate(batch, batch.NewGradients(), First).Value, 1e-10);
        }, iter: 50);

    [Fact]
    public void Evaluate_GradientInDouble_AgreesWithFiniteDifferences() =>
        Cases.Sample(c =>
        {
            var loss = new InfoNceLoss(0.2);
            var gradients = c.Batch.NewGradients(double.NaN);
            loss.Evaluate(c.Batch, gradients, First);
            for (int column = 0; column < c.Batch.Columns.Count; column++)
            {
                var data = c.Batch.Columns[column].Data;
                for (int i = c.Seed % 3; i < data.Length; i += 3)
                {
                    double at = data.Span[i];
                    data.Span[i] = at + 1e-5;
                    double above = loss.Evaluate(c.Batch, c.Batch.NewGradients(), First).Value;
                    data.Span[i] = at - 1e-5;
                    double below = loss.Evaluate(c.Batch, c.Batch.NewGradients(), First).Value;
                    data.Span[i] = at;
                    double slope = (above - below) / 2e-5;
                    Assert.True(Math.Abs(slope - gradients[column].Data.Span[i]) <= 1e-5 * Math.Max(1, Math.Abs(slope)), $"{slope} {gradients[column].Data.Span[i]}");
                }
            }
        }, iter: 20);

    [Fact]
    public void Evaluate_Float_AgreesWithDouble() =>
        // Bound: a cosine is off by some 1e-7, a logit by 20 times that; a row's gradient is that share of its largest, 20 / its length.
        Wide.Sample(c =>
        {
            var single = c.Batch.To<double, float>();
            var exact = single.To<float, double>();
            var gradients = single.NewGradients(float.NaN);
            var expected = exact.NewGradients();
            double value = new InfoNceLoss().Evaluate(single, gradients, First with { Threads = c.Seed % 3 + 1 }).Value;
            Assert.Equal(new InfoNceLoss().Evaluate(exact, expected, First).Value, value, 2e-5);
            double[] e = expected.Flat();
            float[] g = gradients.Flat();
            double[] x = exact.Columns.Flat();
            int d = exact.Columns[0].Dimensions;
            for (int i = 0; i < e.Length; i++)
            {
                double length = Math.Sqrt(x.AsSpan(i / d * d, d).ToArray().Sum(v => v * v));
                Assert.True(Math.Abs(e[i] - g[i]) <= 3e-6 * 20 / length, $"{e[i]} {g[i]}");
            }
        }, iter: 30);

    [Fact]
    public void Evaluate_AnyThreadsAndSlabs_GivesTheSameBits() =>
        Wide.Sample(c =>
        {
            var single = c.Batch.To<double, float>();
            var whole = single.NewGradients();
            var value = new InfoNceLoss().Evaluate(single, whole, First);
            for (int threads = 1; threads <= 3; threads++)
            {
                var parts = single.NewGradients(float.NaN);
                Assert.Equal(value, new InfoNceLoss { KeptBytes = 0 }.Evaluate(single, parts, First with { Threads = threads }));
                Assert.Equal(whole.Flat(), parts.Flat());
            }
        }, iter: 30);

    [Fact]
    public void Evaluate_ShuffledPairs_KeepsLossAndMovesGradients() =>
        Gen.Select(Gen.Int[2, 9], Gen.Int[0, 1000]).Sample((pairs, seed) =>
        {
            var batch = Batch.Random(pairs, 5, 3, seed);
            int[] order = [.. Enumerable.Range(0, pairs).OrderBy(i => (i * 7919 + seed) % 101).ThenBy(i => i)];
            var shuffled = new LossBatch<double>([.. batch.Columns.Select(c => new Rows<double>(order.SelectMany(i => c[i].ToArray()).ToArray(), pairs, 5, 5))], RowSide.Empty);
            var g = batch.NewGradients();
            var h = shuffled.NewGradients();
            Near(new InfoNceLoss().Evaluate(batch, g, First).Value, new InfoNceLoss().Evaluate(shuffled, h, First).Value, 1e-12);
            for (int i = 0; i < pairs; i++)
            {
                for (int k = 0; k < 5; k++)
                {
                    Assert.Equal(g[2][order[i]][k], h[2][i][k], 1e-10);
                }
            }
        }, iter: 30);

    [Fact]
    public void Evaluate_EverythingMasked_IsZeroNotNaN()
    {
        var batch = Batch.Random(3, 4, 3, 5, Batch.Masked([[0, 1, 2], [0, 1, 2], [1, 0]], 3, 4, 5));
        var gradients = batch.NewGradients(double.NaN);
        var third = new InfoNceLoss().Evaluate(batch, gradients, First);
        Assert.Equal(0, third.Value, 1e-15);
        Assert.All(gradients.Flat(), g => Assert.Equal(0, g));
        var single = batch.To<double, float>();
        var g32 = single.NewGradients(float.NaN);
        Assert.Equal(0, new InfoNceLoss().Evaluate(single, g32, First).Value, 1e-6);
        Assert.All(g32.Flat(), g => Assert.Equal(0, g, 1e-5f));
    }

    [Theory, InlineData(0.05), InlineData(0.001)]
    public void Evaluate_DuplicateZeroOrOppositeRows_NeverGivesNaN(double temperature)
    {
        float[,] anchors = { { 1, 0 }, { 1, 0 }, { 0, 0 }, { -1, 0 }, { 1e-20f, 0 } };
        float[,] documents = { { -1, 0 }, { -1, 0 }, { 0, 0 }, { 1, 0 }, { 0, 0 } };
        var batch = Batch.Of(RowSide.Empty, anchors, documents, documents);
        var gradients = batch.NewGradients(float.NaN);
        Assert.True(double.IsFinite(new InfoNceLoss(temperature).Evaluate(batch, gradients, First).Value));
        Assert.All(gradients.Flat(), g => Assert.True(float.IsFinite(g)));
        Assert.All(gradients[0][2].ToArray(), g => Assert.Equal(0, g));     // no direction, no gradient
    }

    [Fact]
    public void Evaluate_NaNOrOverflow_IsNotHidden()
    {
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, 1e30f })
        {
            float[,] anchors = { { 1, bad }, { 1, 0 } };
            var batch = Batch.Of(RowSide.Empty, anchors, new float[,] { { 1, 2 }, { 3, 1 } });
            Assert.False(double.IsFinite(new InfoNceLoss().Evaluate(batch, batch.NewGradients(), First).Value));
        }
    }

    [Fact]
    public void Evaluate_EmptyBatch_IsZero()
    {
        var batch = Batch.Of(RowSide.Empty, new float[0, 4], new float[0, 4]);
        Assert.Equal(new LossValue(0, 0), new InfoNceLoss().Evaluate(batch, batch.NewGradients(), First));
    }

    [Fact]
    public void Evaluate_StridedRows_EqualsTightRows()
    {
        var wide = Batch.Random(70, 40, 2, 3).To<double, float>();
        var cut = new LossBatch<float>([.. wide.Columns.Select(c => c.Cut(24))], RowSide.Empty);
        var tight = new LossBatch<float>([.. cut.Columns.Select(c => new Rows<float>(new[] { c }.Flat(), 70, 24, 24))], RowSide.Empty);
        var a = wide.NewGradients(7f).Select(g => g.Cut(24)).ToArray();
        var b = tight.NewGradients();
        Assert.Equal(new InfoNceLoss().Evaluate(cut, a, First), new InfoNceLoss().Evaluate(tight, b, First));
        Assert.Equal(b.Flat(), a.Flat());
        Assert.Equal(7f, a[0].Data.Span[24]);       // what is cut off is not touched
    }

    [Fact]
    public void Evaluate_ShapesThatDiffer_AreRefused()
    {
        var loss = new InfoNceLoss();
        var batch = Batch.Random(3, 4, 2, 1);
        Assert.Throws<ShapeException>(() => loss.Evaluate(new LossBatch<double>([batch.Columns[0]], RowSide.Empty), batch.NewGradients(), First));
        Assert.Throws<ShapeException>(() => loss.Evaluate(batch, [batch.NewGradients()[0]], First));
        Assert.Throws<ShapeException>(() => loss.Evaluate(new LossBatch<double>([batch.Columns[0], batch.Columns[1].Cut(3)], RowSide.Empty), batch.NewGradients(), First));
        Assert.Throws<ShapeException>(() => loss.Evaluate(batch with { Side = Batch.Masked([[0], [], [3]]) }, batch.NewGradients(), First));
        Assert.Throws<ShapeException>(() => loss.Evaluate(batch with { Side = new RowSide { AbsentDocuments = new[] { 0 } } }, batch.NewGradients(), First));
    }

    [Theory, InlineData(0), InlineData(-1), InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public void New_BadTemperature_IsRefused(double temperature) => Assert.Throws<ArgumentOutOfRangeException>(() => new InfoNceLoss(temperature));

    private sealed record Case(LossBatch<double> Batch, int Seed);

    private static readonly Gen<Case> Cases = Gen.Select(Gen.Int[1, 7], Gen.Int[1, 6], Gen.Int[2, 4], Gen.Int[0, 1_000_000]).Select(Make);

    private static readonly Gen<Case> Wide = Gen.Select(Gen.Int[1, 150], Gen.Int[1, 80], Gen.Int[2, 4], Gen.Int[0, 1_000_000]).Select(Make);

    private static Case Make((int Pairs, int Dimensions, int Columns, int Seed) shape)
    {
        int documents = shape.Pairs * (shape.Columns - 1);
        int[][] mask = [.. Enumerable.Range(0, shape.Pairs).Select(i => Enumerable.Range(0, documents).Where(j => (((i * 31) + (j * 17) + shape.Seed) % 11) == 0).ToArray())];
        int[] absent = [.. Enumerable.Range(shape.Pairs, documents - shape.Pairs).Where(j => (j + shape.Seed) % 5 == 0)];
        return new Case(Batch.Random(shape.Pairs, shape.Dimensions, shape.Columns, shape.Seed, Batch.Masked(mask, absent)), shape.Seed);
    }

    private static double Cosine(LossBatch<double> batch, int anchor, int document)
    {
        double[] a = batch.Columns[0][anchor].ToArray();
        double[] b = batch.Columns[1 + (document / batch.Pairs)][document % batch.Pairs].ToArray();
        return a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(x => x * x));
    }

    private static void Near(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"expected {expected}, got {actual}");
}
