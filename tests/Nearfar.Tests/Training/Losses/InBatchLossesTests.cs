using CsCheck;
using Nearfar.Training.Losses;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training.Losses;

/// <summary>What holds for every in-batch loss.</summary>
public class InBatchLossesTests
{
    private static readonly StepInfo First = new(1, 1, 1);

    public static TheoryData<int> All => [.. Enumerable.Range(0, InBatchLossCase.Choices.Count)];

    // Weights held constant are no derivative of the value (dclw), and a queue changes what it returns.
    public static TheoryData<int> Smooth => [.. Enumerable.Range(0, InBatchLossCase.Choices.Count).Where(c => InBatchLossCase.Choices[c].Name != "dclw" && !InBatchLossCase.Choices[c].Options.ContainsKey("queue"))];

    [Theory, MemberData(nameof(Smooth))]
    public void Evaluate_GradientInDouble_AgreesWithFiniteDifferences(int choice) =>
        Gen.Select(Gen.Int[2, 6], Gen.Int[2, 6], Gen.Int[2, 4], Gen.Int[1, 10_000]).Sample((pairs, dimensions, columns, seed) =>
        {
            var c = InBatchLossCase.Of(InBatchLossCase.Choices[choice], pairs, dimensions, seed, columns);
            var gradients = c.Rows.NewGradients(double.NaN);
            c.Loss.Evaluate(c.Rows, gradients, First);
            double[][] byParameters = [.. c.Loss.Parameters.Select(p => p.Gradient.ToArray())];
            for (int column = 0; column < columns; column++)
            {
                var data = c.Rows.Columns[column].Data;
                for (int i = 0; i < data.Length; i++)
                {
                    Slope(c, data.Span, i, gradients[column].Data.Span[i]);
                }
            }

            for (int p = 0; p < byParameters.Length; p++)
            {
                Slope(c, c.Loss.Parameters[p].Value, 0, byParameters[p][0]);
            }
        }, iter: 6, seed: "0001E7iWe4Ma");

    [Theory, MemberData(nameof(All))]
    public void Evaluate_Float_AgreesWithDouble(int choice) => Gen.Select(Gen.Int[1, 150], Gen.Int[1, 70], Gen.Int[2, 4], Gen.Int[1, 10_000])
        .Sample((pairs, dimensions, columns, seed) => FloatAgreesWithDouble(InBatchLossCase.Choices[choice], pairs, dimensions, columns, seed), iter: 8, seed: "0001E7iWe4Ma");

    // Here a document's score by the guide lies so near to the bound that it is a negative in double and none in float, one of some ten thousand.
    [Fact]
    public void Evaluate_FloatAtAGuidesBound_AgreesWithOneOfItsSides() =>
        FloatAgreesWithDouble(InBatchLossCase.Choices.Single(c => c.Options.ContainsKey("contrast_anchors")), 101, 24, 3, 4372);

    private static void FloatAgreesWithDouble(LossChoice choice, int pairs, int dimensions, int columns, int seed)
    {
        var single = InBatchLossCase.Of(choice, pairs, dimensions, seed, columns).Single();
        var got = single.NewGradients(float.NaN);
        var loss = InBatchLossCase.Of(choice, pairs, dimensions, seed, columns).Loss;
        double value = loss.Evaluate(single, got, First with { Threads = (seed % 3) + 1 }).Value;
        byte[] state = [.. loss.State.SelectMany(s => s.ToArray())];
        string? miss = Miss(choice);
        if (miss is not null && choice.Name == "gist")
        {
            // What the guide takes out jumps at its bound: at a distance of float's error both sides are right, nothing between them.
            double margin = double.Parse(choice.Options.GetValueOrDefault("margin", "0"), System.Globalization.CultureInfo.InvariantCulture);
            miss = new[] { -1e-6, 1e-6 }.Select(error => Miss(choice.With("margin", margin + error))).Contains(null) ? null : miss;
        }

        Assert.True(miss is null, miss);

        // Bound: a cosine is off by some 1e-7, a logit by that over T, a derivative of a row by that over T again and over the row's length.
        string? Miss(LossChoice exactly)
        {
            var exact = single.To<float, double>() with { Guide = [.. new LossBatch<float>(single.Guide, RowSide.Empty).To<float, double>().Columns] };
            var wanted = exact.NewGradients(double.NaN);
            double scale = Scale(choice);
            var again = InBatchLossCase.Of(exactly, pairs, dimensions, seed, columns).Loss;
            double expected = again.Evaluate(exact, wanted, First).Value;
            if (!(Math.Abs(expected - value) <= 2e-6 * scale))
            {
                return $"value {expected} {value}";
            }

            if (!state.AsSpan().SequenceEqual(again.State.SelectMany(s => s.ToArray()).ToArray()))
            {
                return "state";
            }

            double[] e = wanted.Flat(), x = exact.Columns.Flat();
            float[] g = got.Flat();
            for (int i = 0; i < e.Length; i++)
            {
                double length = Math.Sqrt(x.AsSpan(i / dimensions * dimensions, dimensions).ToArray().Sum(v => v * v));
                if (!(Math.Abs(e[i] - g[i]) <= 1e-6 * scale * scale / Math.Min(1, length)))
                {
                    return $"{i}: {e[i]} {g[i]} {length}";
                }
            }

            return null;
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Evaluate_AnyThreadsAndSlabs_GivesTheSameBits(int choice)
    {
        var wide = InBatchLossCase.Of(InBatchLossCase.Choices[choice], 203, 40, 5);
        var other = InBatchLossCase.Of(InBatchLossCase.Choices[choice], 203, 40, 5);
        var single = wide.Single();
        var a = single.NewGradients(float.NaN);
        var b = single.NewGradients(float.NaN);
        if (other.Loss is InBatchLoss narrow)
        {
            narrow.KeptBytes = 0;
        }

        Assert.Equal(wide.Loss.Evaluate(single, a, First), other.Loss.Evaluate(single, b, First));
        Assert.Equal(a.Flat(), b.Flat());
        Assert.Equal(wide.Loss.Parameters.SelectMany(p => p.Gradient), other.Loss.Parameters.SelectMany(p => p.Gradient));
        var third = InBatchLossCase.Of(InBatchLossCase.Choices[choice], 203, 40, 5).Loss;
        Assert.True(double.IsFinite(third.Evaluate(single, b, First with { Threads = 3 }).Value));
        Assert.Equal(a.Flat(), b.Flat());
    }

    [Theory, MemberData(nameof(All))]
    public void Evaluate_FrozenColumns_ChangeNothingForTheOthers(int choice)
    {
        var (all, some) = (Fresh(), Fresh());
        if (all.Loss is not (InBatchLoss or InfoNceLoss or FalseNegativeFilter))
        {
            return;     // a queue and a regularisation stand outside: they never see a frozen column
        }

        var single = all.Single();
        var whole = single.NewGradients(float.NaN);
        var part = single.NewGradients(float.NaN)[..2];
        Assert.Equal(all.Loss.Evaluate(single, whole, First), some.Loss.Evaluate(single with { Frozen = 2 }, part, First with { Threads = 2 }));
        Assert.Equal(whole[..2].Flat(), part.Flat());
        var exact = all.Rows.NewGradients(double.NaN);
        var exactPart = all.Rows.NewGradients(double.NaN)[..2];
        Assert.Equal(all.Loss.Evaluate(all.Rows, exact, First), some.Loss.Evaluate(all.Rows with { Frozen = 2 }, exactPart, First));
        Assert.Equal(exact[..2].Flat(), exactPart.Flat());

        InBatchLossCase Fresh() => InBatchLossCase.Of(InBatchLossCase.Choices[choice], 77, 40, 5, 4);
    }

    [Theory, MemberData(nameof(All))]
    public void Evaluate_ShuffledPairs_KeepsLossAndMovesGradients(int choice) =>
        Gen.Select(Gen.Int[2, 9], Gen.Int[1, 1000]).Sample((pairs, seed) =>
        {
            var c = InBatchLossCase.Of(InBatchLossCase.Choices[choice], pairs, 4, seed);
            int[] order = [.. Enumerable.Range(0, pairs).OrderBy(i => ((i * 7919) + seed) % 101).ThenBy(i => i)];
            var shuffled = c.Shuffled(order);
            var g = c.Rows.NewGradients();
            var h = shuffled.NewGradients();
            Near(c.Loss.Evaluate(c.Rows, g, First).Value, LossRegistry.Create(InBatchLossCase.Choices[choice]).Evaluate(shuffled, h, First).Value, 1e-11);
            for (int column = 0; column < g.Length; column++)
            {
                for (int i = 0; i < pairs * 4; i++)
                {
                    Near(g[column][order[i / 4]][i % 4], h[column][i / 4][i % 4], 1e-9);
                }
            }
        }, iter: 15, seed: "0001E7iWe4Ma");

    [Theory, MemberData(nameof(All))]
    public void Evaluate_NoPairOrNothingLeft_IsNeverNaN(int choice)
    {
        var empty = InBatchLossCase.Of(InBatchLossCase.Choices[choice], 0, 4, 1);
        Assert.Equal(new LossValue(0, 0), empty.Loss.Evaluate(empty.Rows, empty.Rows.NewGradients(), First));
        foreach (int pairs in new[] { 1, 3 })
        {
            var c = InBatchLossCase.Of(InBatchLossCase.Choices[choice], pairs, 4, 2, facts: false);
            int[][] all = [.. Enumerable.Range(0, pairs).Select(_ => Enumerable.Range(0, 2 * pairs).ToArray())];
            var masked = Batch.Masked(all, [.. Enumerable.Range(pairs, pairs)]);
            var batch = c.Rows with
            {
                Side = c.Rows.Side with
                {
                    MaskOffsets = masked.MaskOffsets,
                    MaskedDocuments = masked.MaskedDocuments,
                    AbsentDocuments = masked.AbsentDocuments,
                    Labels = Enumerable.Range(0, pairs).ToArray(),
                    GradeOffsets = Enumerable.Range(0, pairs + 1).ToArray(),
                    GradedDocuments = Enumerable.Range(0, pairs).ToArray(),
                    Grades = Enumerable.Repeat(1.0, pairs).ToArray(),
                },
            };
            var gradients = batch.NewGradients(double.NaN);
            double value = c.Loss.Evaluate(batch, gradients, First).Value;
            var single = c.Single() with { Side = batch.Side };
            var g32 = single.NewGradients(float.NaN);
            Assert.Equal(value, LossRegistry.Create(InBatchLossCase.Choices[choice]).Evaluate(single, g32, First).Value, 1e-5);
            Assert.All(gradients.Flat(), g => Assert.True(double.IsFinite(g)));
            Assert.All(g32.Flat(), g => Assert.True(float.IsFinite(g)));

            // These have a term of the pair alone; of all others nothing is left.
            if (InBatchLossCase.Choices[choice].Name is not ("siglip" or "mega_batch_margin" or "orthogonal") && !InBatchLossCase.Choices[choice].Options.ContainsKey("orthogonal_weight") && !InBatchLossCase.Choices[choice].Options.GetValueOrDefault("directions", "").Contains("doc_to_query", StringComparison.Ordinal))
            {
                Assert.Equal(0, value, 1e-14);
                Assert.All(gradients.Flat(), g => Assert.Equal(0, g, 1e-14));
                Assert.All(g32.Flat(), g => Assert.Equal(0, g, 1e-4f));
            }
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Evaluate_DuplicateOppositeAndZeroRows_NeverGiveNaN(int choice)
    {
        var c = InBatchLossCase.Of(InBatchLossCase.Choices[choice], 6, 4, 3);
        foreach (var column in c.Rows.Columns)
        {
            column[0].CopyTo(column[1]);
            column[2].Clear();
            System.Numerics.Tensors.TensorPrimitives.Negate<double>(column[0], column[3]);
        }

        var gradients = c.Rows.NewGradients(double.NaN);
        var single = c.Single();
        var g32 = single.NewGradients(float.NaN);
        Assert.True(double.IsFinite(c.Loss.Evaluate(c.Rows, gradients, First).Value));
        Assert.True(double.IsFinite(LossRegistry.Create(InBatchLossCase.Choices[choice]).Evaluate(single, g32, First).Value));
        Assert.All(gradients.Flat(), g => Assert.True(double.IsFinite(g)));
        Assert.All(g32.Flat(), g => Assert.True(float.IsFinite(g)));
        if (!InBatchLossCase.Choices[choice].Options.ContainsKey("similarity"))
        {
            Assert.All(gradients.SelectMany(g => g[2].ToArray()), g => Assert.Equal(0, g));     // no direction, no gradient
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Evaluate_NaN_IsNotHidden(int choice)
    {
        foreach (int row in new[] { 0, 4 })
        {
            var c = InBatchLossCase.Of(InBatchLossCase.Choices[choice], 5, 4, 4, facts: false);
            c.Rows.Columns[row == 0 ? 0 : 1][row][1] = double.NaN;
            var single = c.Single();
            Assert.True(double.IsNaN(c.Loss.Evaluate(c.Rows, c.Rows.NewGradients(), First).Value));
            Assert.True(double.IsNaN(LossRegistry.Create(InBatchLossCase.Choices[choice]).Evaluate(single, single.NewGradients(), First).Value));
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Evaluate_MissingSideData_IsRefused(int choice)
    {
        var c = InBatchLossCase.Of(InBatchLossCase.Choices[choice], 4, 3, 1);
        if ((c.Loss.Needs & ~LossNeeds.Mask) != LossNeeds.None)
        {
            Assert.Throws<ShapeException>(() => c.Loss.Evaluate(new LossBatch<double>(c.Rows.Columns, RowSide.Empty), c.Rows.NewGradients(), First));
        }
    }

    private static void Slope(InBatchLossCase c, Span<double> values, int i, double derivative)
    {
        const double Step = 1e-5;
        double at = values[i];
        values[i] = at + Step;
        double above = c.Loss.Evaluate(c.Rows, c.Rows.NewGradients(), First).Value;
        values[i] = at - Step;
        double below = c.Loss.Evaluate(c.Rows, c.Rows.NewGradients(), First).Value;
        values[i] = at;
        double here = c.Loss.Evaluate(c.Rows, c.Rows.NewGradients(), First).Value, slope = (above - below) / (2 * Step);

        // At a kink the two sides differ by more than a bend explains; nothing is to be proven there.
        if (Math.Abs(above - (2 * here) + below) / Step < 1e-2 * Math.Max(1, Math.Abs(slope)))
        {
            Assert.True(Math.Abs(slope - derivative) <= 2e-4 * Math.Max(1, Math.Abs(slope)), $"{slope} {derivative}");
        }
    }

    private static double Scale(LossChoice choice)
    {
        var options = LossRegistry.Of(choice.Name).Options;
        double near = choice.Name is "debiased" or "hcl" ? 4 : 1;       // a difference of near values
        return near * (Value("temperature") is { } t ? 1 / t : Math.Max(1, Value("scale") ?? 1));

        double? Value(string name) => options.FirstOrDefault(o => o.Name == name) is { } option
            ? double.Parse(choice.Options.GetValueOrDefault(name, option.Default), System.Globalization.CultureInfo.InvariantCulture)
            : null;
    }

    private static void Near(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"expected {expected:R}, got {actual:R}");
}
