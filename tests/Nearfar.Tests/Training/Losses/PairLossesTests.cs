using CsCheck;
using Nearfar.Training.Losses;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training.Losses;

/// <summary>What every loss of the family must hold.</summary>
public class PairLossesTests
{
    private const string Seed = "0N0XIzNsQ0O2";
    private const double HingeError = 1e-6;
    private static readonly StepInfo First = new(1, 1, 1);

    public static TheoryData<string> Names => [.. PairLossCase.Choices.Select(c => c.ToString())];

    [Theory, MemberData(nameof(Names))]
    public void Evaluate_Gradient_AgreesWithFiniteDifferences(string name) => Shapes(1, 8, 1, 7).Sample(s =>
    {
        var c = PairLossCase.Of(ChoiceOf(name), s.Pairs, s.Dimensions, s.Seed);
        var gradients = c.Input.NewGradients(double.NaN);
        c.Loss.Evaluate(c.Input, gradients, First);
        double[][] byParameter = [.. c.Loss.Parameters.Select(p => p.Gradient.ToArray())];
        for (int column = 0; column < gradients.Length; column++)
        {
            Differentiate(c, c.Input.Columns[column].Data.Span, gradients[column].Data.Span);
        }

        for (int p = 0; p < byParameter.Length; p++)
        {
            Differentiate(c, c.Loss.Parameters[p].Value, byParameter[p]);
        }
    }, iter: 12, seed: Seed, threads: 1);

    [Theory, MemberData(nameof(Names))]
    public void Evaluate_Float_AgreesWithDouble(string name) => Shapes(1, name.StartsWith("batch_semi", StringComparison.Ordinal) ? 10 : name.StartsWith("batch", StringComparison.Ordinal) ? 40 : 150, 2, 70)
        .Sample(s => FloatAgreesWithDouble(name, s.Pairs, s.Dimensions, s.Seed), iter: 12, seed: Seed, threads: 1);

    // Here a triplet's hinge lies so near to 0 that it counts in double and not in float, one of some two thousand.
    [Fact]
    public void Evaluate_FloatAtAHinge_AgreesWithOneOfItsSides() => FloatAgreesWithDouble("batch_all (margin 0.2)", 37, 62, 422939);

    private static void FloatAgreesWithDouble(string name, int pairs, int dimensions, int seed)
    {
        // Rules that choose triplets see fewer rows: among many, two distances are equal in float and the choice another.
        var choice = ChoiceOf(name);
        var c = PairLossCase.Of(choice, pairs, dimensions, seed);
        var single = c.Single();
        var exact = single.To<float, double>() with { Guide = single.Guide.Select(g => new LossBatch<float>([g], RowSide.Empty).To<float, double>().Columns[0]).ToArray() };
        var got = single.NewGradients(float.NaN);
        var wanted = exact.NewGradients();
        double value = c.Loss.Evaluate(single, got, First).Value, expected = c.Loss.Evaluate(exact, wanted, First).Value;
        // Bound: some 1e-6 of a score, which a temperature of 0.05 multiplies by 20; distances from products lose half the digits where rows are near.
        Assert.True(Math.Abs(expected - value) <= 2e-5 * Math.Max(1, Math.Abs(expected)), $"{expected} {value}");
        float[] g = got.Flat();
        string? miss = Miss(wanted.Flat(), g);
        if (miss is not null && choice.Name == "batch_all")
        {
            // The mean over the triplets whose hinge is open jumps where one opens: at a distance of float's error both sides are right, nothing between them.
            double margin = double.Parse(choice.Options.GetValueOrDefault("margin", LossRegistry.Of(choice.Name).Options.Single(o => o.Name == "margin").Default), System.Globalization.CultureInfo.InvariantCulture);
            miss = new[] { -HingeError, HingeError }.Select(error => Miss(Gradient(choice.With("margin", margin + error), exact), g)).Contains(null) ? null : miss;
        }

        Assert.True(miss is null, miss);
    }

    private static double[] Gradient(LossChoice choice, LossBatch<double> batch)
    {
        var gradients = batch.NewGradients();
        LossRegistry.Create(choice).Evaluate(batch, gradients, First);
        return gradients.Flat();
    }

    private static string? Miss(double[] wanted, float[] got)
    {
        double scale = Math.Max(1e-3, wanted.Max(Math.Abs));
        int at = Enumerable.Range(0, wanted.Length).FirstOrDefault(i => !(Math.Abs(wanted[i] - got[i]) <= 2e-4 * scale), -1);
        return at < 0 ? null : $"{at}: {wanted[at]} {got[at]}, largest {scale}";
    }

    [Theory, MemberData(nameof(Names))]
    public void Evaluate_AnyThreads_GivesTheSameBits(string name)
    {
        var c = PairLossCase.Of(ChoiceOf(name), 150, 37, 5);
        var single = c.Single();
        var one = single.NewGradients(float.NaN);
        var many = single.NewGradients(float.NaN);
        Assert.Equal(c.Loss.Evaluate(single, one, First), c.Loss.Evaluate(single, many, First with { Threads = 3 }));
        Assert.Equal(one.Flat(), many.Flat());
    }

    [Theory, MemberData(nameof(Names))]
    public void Evaluate_ShuffledRows_KeepsLossAndMovesGradients(string name) => Shapes(2, 12, 2, 6).Sample(s =>
    {
        var c = PairLossCase.Of(ChoiceOf(name), s.Pairs, s.Dimensions, s.Seed, absent: false);
        int[] order = [.. Enumerable.Range(0, s.Pairs).OrderBy(i => ((i * 7919) + s.Seed) % 101).ThenBy(i => i)];
        var shuffled = c.Shuffled(order);
        var g = c.Input.NewGradients();
        var h = c.Input.NewGradients();
        Near(c.Loss.Evaluate(c.Input, g, First).Value, c.Loss.Evaluate(shuffled, h, First).Value, 1e-11);
        for (int i = 0; i < s.Pairs; i++)
        {
            for (int k = 0; k < s.Dimensions; k++)
            {
                Near(g[1][order[i]][k], h[1][i][k], 1e-9);
            }
        }
    }, iter: 10, seed: Seed, threads: 1);

    [Theory, MemberData(nameof(Names))]
    public void Evaluate_DuplicateAndZeroRows_NeverGivesNaN(string name)
    {
        var c = PairLossCase.Of(ChoiceOf(name), 6, 5, 3);
        var single = c.Single();
        foreach (var column in single.Columns)
        {
            single.Columns[0][0].CopyTo(column[0]);     // anchor, positive and negatives are one row
            single.Columns[0][0].CopyTo(column[3]);     // and another pair of the same group
            column[2].Clear();
        }

        var gradients = single.NewGradients(float.NaN);
        Assert.True(double.IsFinite(c.Loss.Evaluate(single, gradients, First).Value));
        Assert.All(gradients.Flat(), g => Assert.True(float.IsFinite(g)));
    }

    [Theory, MemberData(nameof(Names))]
    public void Evaluate_EmptyBatch_IsZero(string name)
    {
        var c = PairLossCase.Of(ChoiceOf(name), 0, 4, 1);
        Assert.Equal(new LossValue(0, 0), c.Loss.Evaluate(c.Input, c.Input.NewGradients(), First));
    }

    [Theory, MemberData(nameof(Names))]
    public void Evaluate_NaNInARow_IsNotHidden(string name)
    {
        var c = PairLossCase.Of(ChoiceOf(name), 6, 5, 3, absent: false);
        c.Input.Columns[1][4][2] = double.NaN;
        Assert.False(double.IsFinite(c.Loss.Evaluate(c.Input, c.Input.NewGradients(), First).Value));
    }

    [Theory, MemberData(nameof(Names))]
    public void Evaluate_MatryoshkaOfTheFullWidthAlone_IsTheLoss(string name)
    {
        var choice = ChoiceOf(name);
        var plain = PairLossCase.Of(choice, 9, 6, 4);
        var around = PairLossCase.Of(choice.With("matryoshka", "6"), 9, 6, 4);
        var a = plain.Input.NewGradients();
        var b = plain.Input.NewGradients(double.NaN);
        Assert.Equal(plain.Loss.Evaluate(plain.Input, a, First), around.Loss.Evaluate(plain.Input, b, First));
        Assert.Equal(a.Flat(), b.Flat());
    }

    [Theory, MemberData(nameof(Names))]
    public void Evaluate_MatryoshkaGradient_AgreesWithFiniteDifferences(string name) => Shapes(2, 6, 5, 7).Sample(s =>
    {
        var choice = ChoiceOf(name).With("matryoshka", $"{s.Dimensions}, 4, 3").With("matryoshka_weights", "1, 0.5, 2");
        var c = PairLossCase.Of(choice, s.Pairs, s.Dimensions, s.Seed);
        var gradients = c.Input.NewGradients(double.NaN);
        c.Loss.Evaluate(c.Input, gradients, First);
        double[][] byParameter = [.. c.Loss.Parameters.Select(p => p.Gradient.ToArray())];
        Differentiate(c, c.Input.Columns[0].Data.Span, gradients[0].Data.Span);
        Differentiate(c, c.Input.Columns[1].Data.Span, gradients[1].Data.Span);
        for (int p = 0; p < byParameter.Length; p++)
        {
            Differentiate(c, c.Loss.Parameters[p].Value, byParameter[p]);
        }
    }, iter: 4, seed: Seed, threads: 1);

    [Fact]
    public void All_Descriptions_SayWhatALossNeedsToKnow() => Assert.All(PairLosses.All, d =>
    {
        Assert.Matches("^[a-z0-9_]+$", d.Name);
        Assert.EndsWith(".", d.Summary, StringComparison.Ordinal);
        Assert.Matches("(19|20)[0-9]{2}", d.Source);
        Assert.All(d.Options, o => Assert.Null(o.ProblemOf(o.Default)));
    });

    // One-sided slopes that differ mark a kink between them: no derivative to compare with.
    private static void Differentiate(PairLossCase c, Span<double> values, ReadOnlySpan<double> gradient)
    {
        const double h = 1e-6;
        for (int i = 0; i < values.Length; i++)
        {
            double at = values[i], here = Value(c);
            values[i] = at + h;
            double above = Value(c);
            values[i] = at - h;
            double below = Value(c);
            values[i] = at;
            double slope = (above - below) / (2 * h);
            bool kink = Math.Abs(above + below - (2 * here)) / h > 1e-2 * Math.Max(1, Math.Abs(slope));
            Assert.True(kink || Math.Abs(slope - gradient[i]) <= 2e-5 * Math.Max(1, Math.Abs(slope)), $"{i}: {slope} {gradient[i]}");
        }
    }

    private static double Value(PairLossCase c) => c.Loss.Evaluate(c.Input, c.Input.NewGradients(), First).Value;

    private static LossChoice ChoiceOf(string name) => PairLossCase.Choices.Single(c => c.ToString() == name);

    private static Gen<(int Pairs, int Dimensions, int Seed)> Shapes(int minPairs, int maxPairs, int minDimensions, int maxDimensions) =>
        Gen.Select(Gen.Int[minPairs, maxPairs], Gen.Int[minDimensions, maxDimensions], Gen.Int[0, 1_000_000]);

    private static void Near(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"expected {expected}, got {actual}");
}
