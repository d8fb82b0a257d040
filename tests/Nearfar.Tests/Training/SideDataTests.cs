using Microsoft.Extensions.AI;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Training;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training;

public class SideDataTests
{
    private static readonly Corpus Corpus = new(Enumerable.Range(0, 6).Select(i => new Document { Id = $"d{i}", Text = $"text {i}" }));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void From_Scored_GivesEachTextItsTarget()
    {
        var graded = Of("a", "query 1", ["d0", "d1"], "d2") with { Relevance = new Dictionary<string, int> { ["d0"] = 4, ["d1"] = 1 } };
        var rows = TrainingRows.From(new TrainingSet(Corpus, [graded, Of("b", "query 2", ["d3"])]), new RowPlan(4, LossRows.Scored));
        Assert.Equal([("text 0", 1.0), ("text 1", 0.25), ("text 2", 0.0), ("text 3", 0.25)], rows.Rows.Select(r => (rows.Texts[r.Positive].Text, r.Target)));
        var side = new SideData(rows, LossNeeds.Targets, null, null).Collate([2, 0], out int[] texts);
        Assert.Equal([0.0, 1.0], side.Targets.ToArray());
        Assert.Equal(4, texts.Length);
    }

    [Fact]
    public void Collate_Grades_NameEveryGradedDocumentOfTheBatch()
    {
        var graded = Of("a", "query 1", ["d0", "d1"]) with { Relevance = new Dictionary<string, int> { ["d0"] = 3, ["d1"] = 1 } };
        var rows = TrainingRows.From(new TrainingSet(Corpus, [graded, Of("b", "query 2", ["d2"], "d1")]), 2);
        var side = new SideData(rows, LossNeeds.Grades, null, null).Collate([0, 2], out _);       // query 1 with d0; query 2 with d2 and its negative d1
        Assert.Equal([0, 2, 3], side.GradeOffsets.ToArray());
        Assert.Equal([0, 3, 1], side.GradedDocuments.ToArray());
        Assert.Equal([3.0, 1.0, 1.0], side.Grades.ToArray());
    }

    [Fact]
    public async Task Collate_GuideAndTeacher_AreTheOtherEncodersVectorsAndScores()
    {
        var rows = TrainingRows.From(new TrainingSet(Corpus, [Of("a", "query 1", ["d0"], "d4"), Of("b", "query 2", ["d1"])]), 2);
        var guide = await GuideVectors.ComputeAsync(new Angles(), rows.Texts, Token);
        var data = new SideData(rows, LossNeeds.Guide | LossNeeds.TeacherScores, null, guide);
        var side = data.Collate([0, 1], out int[] texts);
        var columns = data.GuideOf(texts, 2);
        Assert.Equal(3, columns.Count);
        Assert.Equal(Angles.Of("text 0", TextRole.Document), columns[1][0].ToArray());
        Assert.Equal(Angles.Of("query 2", TextRole.Query), columns[0][1].ToArray());
        double[] scores = side.TeacherScores.ToArray();
        Assert.Equal(Dot("query 1", "text 0"), scores[0], 1e-6);
        Assert.Equal(Dot("query 1", "text 4"), scores[1], 1e-6);
        Assert.Equal(Dot("query 2", "text 1"), scores[2], 1e-6);
        Assert.True(double.IsNaN(scores[3]));       // query 2 has no negative

        static double Dot(string query, string document) => Angles.Of(query, TextRole.Query).Zip(Angles.Of(document, TextRole.Document), (x, y) => (double)x * y).Sum();
    }

    [Fact]
    public void Collate_LabelBatchWithOneDocumentTwice_MasksTheOther()
    {
        var rows = TrainingRows.From(new TrainingSet(Corpus, [Of("a", "query 1", ["d0"]), Of("b", "query 2", ["d0"]), Of("c", "query 3", ["d1"])]), 0);
        var side = new SideData(rows, LossNeeds.Labels, [.. rows.Rows.Select(r => r.Positive)], null).Collate([0, 1, 2], out _);
        Assert.Equal(side.Labels.Span[0], side.Labels.Span[1]);
        Assert.NotEqual(side.Labels.Span[0], side.Labels.Span[2]);
        Assert.Equal([1], side.MaskOf(0).ToArray());
        Assert.Equal([0], side.MaskOf(1).ToArray());
        Assert.Empty(side.MaskOf(2).ToArray());
    }

    [Fact]
    public void Collate_LossThatWantsANegativeEach_KeepsOneThatStandsInTheBatch()
    {
        var rows = TrainingRows.From(new TrainingSet(Corpus, [Of("a", "query 1", ["d0"], "d1"), Of("b", "query 2", ["d1"], "d0")]), new RowPlan(1, Least: 1));
        var side = new SideData(rows, LossNeeds.None, null, null).Collate([0, 1], out int[] texts);
        Assert.Empty(side.AbsentDocuments.ToArray());
        Assert.Equal(["text 1", "text 0"], texts[4..].Select(t => rows.Texts[t].Text));
    }

    [Fact]
    public void ThrowUnlessFit_EverythingThatLacks_IsNamedWithWhatToAdd()
    {
        var rows = TrainingRows.From(new TrainingSet(Corpus, [Of("a", "query 1", ["d0"], "d4"), Of("b", "query 2", ["d1"])]), 2);
        var cohorts = new TrainingCohorts(rows.Rows, Corpus, null, ["intent", "language"]);
        var options = new TrainingOptions { Labels = "intent", Balance = new BalanceOptions("language") };
        var needs = LossNeeds.Labels | LossNeeds.Targets | LossNeeds.Grades | LossNeeds.Guide;
        var e = Assert.Throws<NearfarException>(() => LossFit.ThrowUnlessFit("strange", needs, 1, rows, options, BatchRule.Label, cohorts.Of("intent"), cohorts, hasGuide: false));
        Assert.All(new[] { "1 have fewer (b)", "2 pairs have none (a, b)", "fewer than two of them", "every target is 1", "\"relevance\"", "guide: FOLDER", "no training pair has it" },
            part => Assert.Contains(part, e.Message, StringComparison.Ordinal));
        var unread = Assert.Throws<NearfarException>(() => LossFit.ThrowUnlessFit("mnrl", LossNeeds.Mask, 0, rows, new TrainingOptions(), BatchRule.Text, null, cohorts, hasGuide: true));
        Assert.Contains("Remove train.guide", unread.Message, StringComparison.Ordinal);
    }

    private static Pair Of(string id, string query, string[] positives, params string[] negatives) =>
        new() { Id = id, Query = query, PositiveIds = positives, HardNegatives = [.. negatives.Select(n => new HardNegative(n))] };

    // A text's last digit as an angle; documents are turned a little.
    private sealed class Angles : IEncoder
    {
        public EmbeddingSpace Space => new("angles");

        public int Dimensions => 2;

        public IEmbeddingGenerator<string, Embedding<float>> Queries => throw new NotSupportedException();

        public IEmbeddingGenerator<string, Embedding<float>> Documents => throw new NotSupportedException();

        public static float[] Of(string text, TextRole role)
        {
            var (sin, cos) = MathF.SinCos((text[^1] - '0') + (role == TextRole.Query ? 0 : 0.1f));
            return [cos, sin];
        }

        public ValueTask EncodeAsync(IReadOnlyList<string> texts, TextRole role, Memory<float> into, CancellationToken cancellationToken = default)
        {
            for (int i = 0; i < texts.Count; i++)
            {
                Of(texts[i], role).CopyTo(into.Span[(2 * i)..]);
            }

            return ValueTask.CompletedTask;
        }
    }
}
