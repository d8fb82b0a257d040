using System.Text.Json;
using Nearfar.Training.Losses;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training.Losses;

/// <summary>Values: the conformance file, and points that can be checked by hand.</summary>
public class PairLossValuesTests
{
    private static readonly StepInfo First = new(1, 1, 1);

    public static TheoryData<string, string> Entries => new()
    {
        { "cosent/graded", "cosent" }, { "angle/graded", "angle" }, { "angle/triplet_no_labels", "angle" }, { "cosine_similarity_mse", "cosine_mse" },
        { "contrastive/EUCLIDEAN", "contrastive;distance=euclid" }, { "contrastive/MANHATTAN", "contrastive;distance=manhattan" }, { "contrastive/COSINE_DISTANCE", "contrastive" },
        { "online_contrastive/EUCLIDEAN", "online_contrastive;distance=euclid" }, { "online_contrastive/MANHATTAN", "online_contrastive;distance=manhattan" },
        { "online_contrastive/COSINE_DISTANCE", "online_contrastive" },
        { "triplet/COSINE", "triplet;distance=cosine;margin=0.5" }, { "triplet/EUCLIDEAN", "triplet" }, { "triplet/MANHATTAN", "triplet;distance=manhattan" },
        { "label_triplet/batch_all/euclid_default", "batch_all" }, { "label_triplet/batch_all/cosine_m0.3", "batch_all;distance=cosine;margin=0.3" },
        { "label_triplet/batch_hard/euclid_default", "batch_hard" }, { "label_triplet/batch_hard/cosine_m0.3", "batch_hard;distance=cosine;margin=0.3" },
        { "label_triplet/batch_hard_soft/euclid_default", "batch_hard_soft" },
        { "label_triplet/batch_semi_hard/euclid_default", "batch_semi_hard" }, { "label_triplet/batch_semi_hard/cosine_m0.3", "batch_semi_hard;distance=cosine;margin=0.3" },
        { "margin_mse/1neg_diff", "margin_mse" }, { "margin_mse/2neg_rawscores", "margin_mse" },
        { "distill_kl/T1", "distill_kl" }, { "distill_kl/T2", "distill_kl;temperature=2;teacher_temperature=2" }, { "distill_kl/sT0.5_tT2", "distill_kl;temperature=0.5;teacher_temperature=2" },
        { "matryoshka/mnrl_dims642_w111", "mnrl;matryoshka=6,4,2" }, { "matryoshka/mnrl_dims642_w1_.5_.25", "mnrl;matryoshka=6,4,2;matryoshka_weights=1,0.5,0.25" },
    };

    [Theory, MemberData(nameof(Entries))]
    public void Evaluate_ConformanceEntry_AgreesInDouble(string name, string choice)
    {
        using var file = Conformance();
        var entry = file.RootElement.GetProperty("entries").GetProperty(name);
        var columns = entry.GetProperty("columns").EnumerateArray().Select(c => Wave(c[0].GetInt32(), c[1].GetInt32(), c[2].GetInt32())).ToArray();
        var loss = LossRegistry.Create(Parse(choice));
        var batch = new LossBatch<double>(columns, SideOf(entry, loss.Needs));
        var gradients = batch.NewGradients(double.NaN);
        Near(entry.GetProperty("expected").GetDouble(), loss.Evaluate(batch, gradients, First).Value, 1e-10);
        if (entry.TryGetProperty("grad_anchor_row0", out var row))
        {
            double[] wanted = [.. row.EnumerateArray().Select(v => v.GetDouble())];
            for (int k = 0; k < wanted.Length; k++)
            {
                Near(wanted[k], gradients[0][0][k], 1e-8);
            }
        }
    }

    [Fact]
    public void AngleSimilarity_ConformanceEntry_Agrees()
    {
        using var file = Conformance();
        var entry = file.RootElement.GetProperty("entries").GetProperty("pairwise_angle_sim");
        var columns = entry.GetProperty("columns").EnumerateArray().Select(c => Wave(c[0].GetInt32(), c[1].GetInt32(), c[2].GetInt32())).ToArray();
        double[] expected = [.. entry.GetProperty("expected").EnumerateArray().Select(v => v.GetDouble())];
        for (int i = 0; i < expected.Length; i++)
        {
            Near(expected[i], new AngleMeasure().Of<double>(columns[0][i], columns[1][i]), 1e-10);
        }
    }

    [Fact]
    public void CosineMse_RightAngleWanted1_IsOne() => Near(1, Value("cosine_mse", Targets(1), [[1, 0]], [[0, 3]]), 1e-15);

    [Fact]
    public void Cosent_EqualSimilarities_IsLogOfOneAndPairs() => Near(Math.Log(4), Value("cosent", Targets(0, 1, 2), [[1, 0], [1, 0], [1, 0]], [[2, 0], [3, 0], [1, 0]]), 1e-14);

    [Fact]
    public void Cosent_EqualTargets_IsZero() => Near(0, Value("cosent", Targets(1, 1), [[1, 0], [1, 0]], [[0, 1], [3, 0]]), 1e-15);

    [Fact]
    public void Cosent_TinyTemperature_IsFinite() =>
        Near(2000, Value("cosent;temperature=0.001", Targets(0, 1), [[1, 0], [1, 0]], [[1, 0], [-1, 0]]), 1e-12);

    [Fact]
    public void Contrastive_WrongPairOfOneRow_IsHalfTheSquaredMargin() => Near(.125, Value("contrastive", Targets(0), [[1, 2]], [[1, 2]]), 1e-15);

    [Fact]
    public void Contrastive_EqualRowsUnderEuclid_AreAtTheShift() => Near(2e-12 / 2, Value("contrastive;distance=euclid", Targets(1), [[1, 2]], [[1, 2]]), 1e-18);

    [Fact]
    public void OnlineContrastive_EasyRows_IsZero() => Near(0, Value("online_contrastive", Targets(1, 1, 0, 0), [[1, 0], [1, 0], [1, 0], [1, 0]], [[1, 0], [2, 0], [0, 1], [-1, 0]]), 0);

    [Fact]
    public void OnlineContrastive_OneKindAlone_CountsBeyondItsOwnMean() =>
        Near(4, Value("online_contrastive", Targets(1, 1), [[1, 0], [1, 0]], [[1, 0], [-1, 0]]), 1e-14);       // no wrong pair: a distance of 0 is the limit

    [Fact]
    public void Softmax_ClassifierOfZeros_IsLogOfClasses()
    {
        var loss = new SoftmaxLoss(3);
        loss.Prepare(2, 0, 1);
        Array.Clear(loss.Parameters[0].Value);
        var batch = Batch.Of(Targets(2, 0), new double[,] { { 1, 0 }, { 3, 1 } }, new double[,] { { 0, 1 }, { 2, 2 } });
        Near(Math.Log(3), loss.Evaluate(batch, batch.NewGradients(), First).Value, 1e-15);
    }

    [Theory, InlineData("triplet", 5), InlineData("batch_all", 5), InlineData("batch_hard", 5), InlineData("batch_semi_hard", 5), InlineData("batch_hard_soft", 0.6931471805599453)]
    public void Triplets_CollapsedEncoder_IsTheMargin(string name, double expected)
    {
        double[][] rows = [[1, 2], [1, 2], [1, 2]];
        var side = new RowSide { Labels = new[] { 0, 1, 1 } };
        Near(expected, name == "triplet" ? Value(name, side, rows, rows, rows) : Value(name, side, rows, rows), 1e-15);
    }

    [Theory, InlineData("batch_all"), InlineData("batch_hard"), InlineData("batch_semi_hard"), InlineData("batch_hard_soft")]
    public void LabelTriplets_NoNegativeOrNoPositive_IsZeroWithoutGradient(string name)
    {
        var loss = LossRegistry.Create(name);
        foreach (int[] labels in new int[][] { [4, 4, 4], [1, 2, 3] })
        {
            var batch = Batch.Random(3, 4, 1, 5, new RowSide { Labels = labels });
            var gradients = batch.NewGradients(double.NaN);
            Assert.Equal(0, loss.Evaluate(batch, gradients, First).Value);
            Assert.All(gradients.Flat(), g => Assert.Equal(0, g));
        }
    }

    [Fact]
    public void BatchAll_PlainLoop_Agrees()
    {
        int[] labels = [.. Enumerable.Range(0, 14).Select(i => i * i % 5)];
        var batch = Batch.Random(14, 3, 1, 8, new RowSide { Labels = labels });
        double sum = 0;
        int count = 0;
        for (int a = 0; a < 14; a++)
        {
            for (int p = 0; p < 14; p++)
            {
                for (int n = 0; n < 14; n++)
                {
                    double missing = Distance(a, p) - Distance(a, n) + .4;
                    if (p != a && labels[p] == labels[a] && labels[n] != labels[a] && missing > 1e-16)
                    {
                        sum += missing;
                        count++;
                    }
                }
            }
        }

        Near(sum / count, LossRegistry.Create(new LossChoice("batch_all").With("margin", .4)).Evaluate(batch, batch.NewGradients(), First).Value, 1e-12);

        double Distance(int i, int j) => Math.Sqrt(batch.Columns[0][i].ToArray().Zip(batch.Columns[0][j].ToArray(), (x, y) => (x - y) * (x - y)).Sum());
    }

    [Fact]
    public void MarginMse_MarginsOfTheTeacher_IsZero() =>
        Near(0, Value("margin_mse", new RowSide { TeacherScores = new double[] { 8, 3 } }, [[1, 1]], [[4, 3]], [[1, 1]]), 0);

    [Fact]
    public void DistillKl_SimilaritiesShiftedByAConstant_IsZero() =>
        Near(0, Value("distill_kl", new RowSide { TeacherScores = new double[] { 107, 102 } }, [[1, 1]], [[4, 3]], [[1, 1]]), 1e-14);

    [Theory, InlineData("mse", 12.5), InlineData("embed_distill", 1), InlineData("embed_distill;distance=l2", 5), InlineData("embed_distill;distance=mse", 12.5)]
    public void TeacherVectors_KnownDifference_IsItsMeasure(string choice, double expected)
    {
        var batch = Batch.Of(RowSide.Empty, new double[,] { { 3, 0 } });
        Near(expected, LossRegistry.Create(Parse(choice)).Evaluate(batch with { Guide = Batch.Of(RowSide.Empty, new double[,] { { 0, 4 } }).Columns }, batch.NewGradients(), First).Value, 1e-14);
    }

    [Fact]
    public void TeacherVectors_OtherWidth_IsRefusedWithTheWayOut()
    {
        var batch = Batch.Random(2, 3, 2, 1);
        var e = Assert.Throws<ShapeException>(() => LossRegistry.Create("mse").Evaluate(batch with { Guide = Batch.Random(2, 4, 2, 1).Columns }, batch.NewGradients(), First));
        Assert.Contains("projection", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => LossRegistry.Create(new LossChoice("embed_distill").With("projection", "true")).Prepare(3, 0, 1));
    }

    [Theory, InlineData("contrastive", 1.5), InlineData("contrastive", double.NaN), InlineData("cosine_mse", 2), InlineData("cosent", double.PositiveInfinity), InlineData("softmax", .5), InlineData("softmax", 2)]
    public void Evaluate_TargetOutOfRange_IsRefused(string name, double target)
    {
        var loss = LossRegistry.Create(name);
        loss.Prepare(2, 0, 1);
        var batch = Batch.Random(1, 2, 2, 1, Targets(target));
        Assert.Throws<ShapeException>(() => loss.Evaluate(batch, batch.NewGradients(), First));
    }

    [Fact]
    public void Evaluate_MissingSideData_IsRefused()
    {
        var batch = Batch.Random(2, 3, 3, 1);
        Assert.Throws<ShapeException>(() => LossRegistry.Create("margin_mse").Evaluate(batch, batch.NewGradients(), First));
        var pairs = Batch.Random(2, 3, 2, 1);
        Assert.Throws<ShapeException>(() => LossRegistry.Create("batch_all").Evaluate(pairs, pairs.NewGradients(), First));
        Assert.Throws<ShapeException>(() => LossRegistry.Create("mse").Evaluate(pairs, pairs.NewGradients(), First));
        Assert.Throws<ShapeException>(() => LossRegistry.Create("triplet").Evaluate(pairs, pairs.NewGradients(), First));
        var nan = batch with { Side = new RowSide { TeacherScores = new[] { 1, double.NaN, 2, 3 } } };
        Assert.Throws<ShapeException>(() => LossRegistry.Create("distill_kl").Evaluate(nan, batch.NewGradients(), First));
    }

    private static double Value(string choice, RowSide side, params double[][][] columns)
    {
        var batch = new LossBatch<double>([.. columns.Select(c => new Rows<double>(c.SelectMany(r => r).ToArray(), c.Length, c[0].Length, c[0].Length))], side);
        return LossRegistry.Create(Parse(choice)).Evaluate(batch, batch.NewGradients(double.NaN), First).Value;
    }

    private static RowSide Targets(params double[] targets) => new() { Targets = targets };

    private static LossChoice Parse(string choice)
    {
        string[] parts = choice.Split(';');
        return new LossChoice(parts[0], parts.Skip(1).Select(p => new KeyValuePair<string, string>(p[..p.IndexOf('=')], p[(p.IndexOf('=') + 1)..])));
    }

    private static RowSide SideOf(JsonElement entry, LossNeeds needs)
    {
        if (!entry.TryGetProperty("labels", out var labels))
        {
            return RowSide.Empty;
        }

        double[] values = [.. labels.EnumerateArray().SelectMany(v => v.ValueKind == JsonValueKind.Array ? v.EnumerateArray().Select(x => x.GetDouble()) : [v.GetDouble()])];
        return needs switch
        {
            LossNeeds.Labels => new RowSide { Labels = values.Select(v => (int)v).ToArray() },
            LossNeeds.TeacherScores => new RowSide { TeacherScores = labels[0].ValueKind == JsonValueKind.Array ? values : values.SelectMany(margin => new[] { margin, 0 }).ToArray() },
            _ => new RowSide { Targets = values },
        };
    }

    private static JsonDocument Conformance()
    {
        string? folder = Environment.GetEnvironmentVariable("NEARFAR_CONFORMANCE");
        Assert.SkipWhen(folder is null, "NEARFAR_CONFORMANCE is not set");
        return JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder!, "losses.json")));
    }

    private static Rows<double> Wave(int c, int n, int d)
    {
        var rows = Rows.Allocate<double>(n, d);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < d; j++)
            {
                rows[i][j] = Math.Sin((1.7 * (i + 1)) + (0.9 * (j + 1) * (c + 1)));
            }
        }

        return rows;
    }

    private static void Near(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"expected {expected}, got {actual}");
}
