using System.Text.Json;
using Nearfar.Training.Losses;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training.Losses;

/// <summary>Known values: the shared vectors where they are there, and points that can be checked by hand.</summary>
public class InBatchLossValuesTests
{
    private static readonly StepInfo First = new(1, 1, 1);

    public static TheoryData<string> Entries =>
    [
        "mnrl/pairs_default", "mnrl/triplet_default", "mnrl/4col", "mnrl/symmetric_per_direction", "mnrl/symmetric_per_direction_triplet", "mnrl/gte_joint_pairs", "mnrl/gte_joint_triplet",
        "mnrl/hardness_inbatch_9", "mnrl/hardness_hard_5", "mnrl/hardness_all_5", "mnrl/dot_scale1", "mnrl/scale50",
        "gist/default_pairs", "gist/default_triplet", "gist/T0.05_no_aa_pp", "gist/T0.05_abs0.1", "gist/T0.05_rel0.05",
        "ntxent/lightly_T0.5", "ntxent/lightly_T0.1", "ntxent/lightly_T0.07", "dcl/T0.1", "dclw/T0.1_sigma0.5", "supcon/T0.1", "supcon/T0.07",
        "hcl/tau0.0_beta0.0_T0.5", "hcl/tau0.1_beta0.0_T0.5", "hcl/tau0.1_beta1.0_T0.5", "clip/scale_1_over_0.07", "siglip/scale10_bias-10", "siglip/scale10_bias0", "mega_batch_margin",
    ];

    [Theory, MemberData(nameof(Entries))]
    public void Evaluate_ConformanceEntry_AgreesInDouble(string name)
    {
        var entry = Entry(name);
        var batch = BatchOf(entry);
        var gradients = batch.NewGradients(double.NaN);
        var choice = ChoiceOf(name, entry.GetProperty("config"));
        Near(entry.GetProperty("expected").GetDouble(), LossRegistry.Create(choice).Evaluate(batch, gradients, First).Value, 1e-10);
        Assert.All(gradients.Flat(), g => Assert.True(double.IsFinite(g)));
        if (entry.TryGetProperty("grad_anchor_row0", out var row))
        {
            Assert.All(row.EnumerateArray().Select((v, k) => (v.GetDouble(), gradients[0][0][k])).ToArray(), p => Near(p.Item1, p.Item2, 1e-8));
            Assert.All(entry.GetProperty("grad_norms").EnumerateArray().Select((v, c) => (v.GetDouble(), Math.Sqrt(new[] { gradients[c] }.Flat().Sum(g => g * g)))).ToArray(), p => Near(p.Item1, p.Item2, 1e-8));
        }
    }

    [Theory, InlineData(1.0, 0.0, "gor_mean"), InlineData(0.0, 1.0, "gor_second_moment")]
    public void Evaluate_Orthogonal_ConformanceEntryAgrees(double mean, double second, string term)
    {
        var entry = Entry("gor");
        var batch = BatchOf(entry);
        Near(entry.GetProperty("expected").GetProperty(term).GetDouble(), new OrthogonalLoss(mean, second).Evaluate(batch, batch.NewGradients(), First).Value, 1e-10);
    }

    // Anchors at 0 and 90 degrees, each on its positive: own cosine 1, every other 0.
    [Theory]
    [InlineData("ntxent", 0.23954477)]              // T .5: ln(e^2 + 2) - 2
    [InlineData("dcl", -9.30685282)]                // T .1: ln 2 - 10
    [InlineData("debiased", 0.07559237)]            // T .5, tau .1: N = (2 - .2 e^2) / .9, ln(1 + N / e^2)
    [InlineData("clip", 6.2489e-7)]                 // ln(1 + e^(-1 / .07))
    [InlineData("siglip", 0.69319258)]              // ln 2 + ln(1 + e^-10), by pair
    [InlineData("mega_batch_margin", 0.0)]
    [InlineData("supcon", 4.5399e-5 * 2)]           // T .1, labels apart: ln(1 + 2 e^-10)
    public void Evaluate_TwoPairsAtRightAngles_KnownValue(string name, double expected)
    {
        double[,] rows = { { 1, 0 }, { 0, 3 } };
        var batch = Batch.Of(new RowSide { Labels = new[] { 1, 2 } }, rows, rows);
        double got = LossRegistry.Create(name).Evaluate(batch, batch.NewGradients(), First).Value;
        Near(expected, got, 2e-8);
    }

    [Fact]
    public void Evaluate_Listwise_ThreeDocuments_KnownValue()
    {
        // Query at 0 degrees; documents at 0, 60, 90: cosines 1, .5, 0. Grades 2, 1, none; T = Tg = 1.
        var batch = Batch.Of(new RowSide { GradeOffsets = new[] { 0, 2 }, GradedDocuments = new[] { 0, 1 }, Grades = new[] { 2.0, 1 } },
            [new double[,] { { 1, 0 } }, new double[,] { { 2, 0 } }, new double[,] { { .5, Math.Sqrt(.75) } }, new double[,] { { 0, 1 } }]);
        double lse = Math.Log(Math.E + Math.Exp(.5) + 1), first = Math.E / (1 + Math.E);
        Near((first * (lse - 1)) + ((1 - first) * (lse - .5)), LossRegistry.Create(new LossChoice("listwise").With("temperature", 1)).Evaluate(batch, batch.NewGradients(), First).Value, 1e-12);
    }

    [Theory, InlineData("ntxent", 3), InlineData("mnrl", 2), InlineData("clip", 2), InlineData("gist", 4)]
    public void Evaluate_CollapsedEncoder_IsLogOfWhatIsThere(string name, double count)
    {
        double[,] rows = { { 1, 2 }, { 1, 2 } };
        double[,] guide = { { 1, 0 }, { 0, 1 } };
        var batch = Batch.Of(RowSide.Empty, rows, rows) with { Guide = Batch.Of(RowSide.Empty, guide, guide).Columns };
        Near(Math.Log(count), LossRegistry.Create(name).Evaluate(batch, batch.NewGradients(), First).Value, 1e-12);
    }

    private static JsonElement Entry(string name)
    {
        string? folder = Environment.GetEnvironmentVariable("NEARFAR_CONFORMANCE");
        Assert.SkipWhen(folder is null, "NEARFAR_CONFORMANCE is not set");
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder!, "losses.json")));
        return file.RootElement.GetProperty("entries").GetProperty(name).Clone();
    }

    private static LossBatch<double> BatchOf(JsonElement entry) =>
        new(Waves(entry, "columns"), new RowSide { Labels = entry.TryGetProperty("labels", out var labels) ? labels.EnumerateArray().Select(l => l.GetInt32()).ToArray() : default })
        {
            Guide = Waves(entry, "guide_columns"),
        };

    private static Rows<double>[] Waves(JsonElement entry, string property) =>
        entry.TryGetProperty(property, out var columns) ? [.. columns.EnumerateArray().Select(c => Batch.Wave(c[0].GetInt32(), c[1].GetInt32(), c[2].GetInt32()))] : [];

    private static LossChoice ChoiceOf(string name, JsonElement config)
    {
        var choice = new LossChoice(name.Split('/')[0]);
        foreach (var property in config.EnumerateObject())
        {
            choice = property.Name switch
            {
                "scale" => choice.With("temperature", 1 / property.Value.GetDouble()),
                "logit_scale" => choice.With("scale", property.Value.ValueKind == JsonValueKind.String ? 1 / .07 : property.Value.GetDouble()),
                "logit_bias" => choice.With("bias", property.Value.GetDouble()),
                "directions" => choice.With("directions", string.Join(',', property.Value.EnumerateArray().Select(d => d.GetString()))),
                "memory_bank" or "normalise" => choice,
                _ => choice.With(property.Name, property.Value.ValueKind switch
                {
                    JsonValueKind.String => property.Value.GetString()!,
                    JsonValueKind.Number => property.Value.GetDouble().ToString(System.Globalization.CultureInfo.InvariantCulture),
                    _ => property.Value.GetBoolean() ? "true" : "false",
                }),
            };
        }

        return choice;
    }

    private static void Near(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"expected {expected:R}, got {actual:R}");
}
