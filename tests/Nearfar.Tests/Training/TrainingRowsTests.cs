using Nearfar.Pairs;
using Nearfar.Training;
using Nearfar.Training.Losses;
using Xunit;

namespace Nearfar.Tests.Training;

public class TrainingRowsTests
{
    private static readonly Corpus Corpus = new(Enumerable.Range(0, 8).Select(i => new Document { Id = $"d{i}", Text = i == 7 ? "query 3" : $"text {i}" }));

    [Fact]
    public void From_SeveralPositives_MakeARowEach()
    {
        var rows = TrainingRows.From(Set(Of("a", "query 1", ["d0", "d1"], "d2", "d3"), Of("b", "query 2", ["d2"])), 1);
        Assert.Equal(["a", "a", "b"], rows.Rows.Select(r => r.Pair.Id));
        Assert.Equal(["text 0", "text 1", "text 2"], rows.Rows.Select(r => rows.Texts[r.Positive].Text));
        Assert.Equal(["text 2"], rows.Rows[0].HardNegatives.Select(t => rows.Texts[t].Text));       // the first only
    }

    [Fact]
    public void From_HardNegativeThatAnswersTheFoldedQuestionElsewhere_IsDropped()
    {
        var rows = TrainingRows.From(Set(Of("a", "Query  1", ["d0"], "d1", "d2"), Of("b", "query 1", ["d1"])), 4);
        Assert.Equal(["text 2"], rows.Rows[0].HardNegatives.Select(t => rows.Texts[t].Text));
    }

    [Fact]
    public void Collate_OtherPositivesOfTheQuestion_AreMasked()
    {
        // Row 0 asks what row 1 asks in other letters: each other's documents are right for both; d2, row 2's negative, answers nobody.
        var rows = TrainingRows.From(Set(Of("a", "query 1", ["d0"]), Of("b", "QUERY 1", ["d1"]), Of("c", "query 2", ["d3"], "d0", "d2")), 2);
        var side = rows.Collate([0, 1, 2], out int[] texts);
        Assert.Equal(4 * 3, texts.Length);
        Assert.Equal([1], side.MaskOf(0).ToArray());
        Assert.Equal([0], side.MaskOf(1).ToArray());
        Assert.Empty(side.MaskOf(2).ToArray());
        // Documents: 0-2 positives, 3-5 and 6-8 hard negatives; only row 2's second one is new to the batch.
        Assert.Equal([3, 4, 5, 6, 7], side.AbsentDocuments.ToArray());
        Assert.Equal("text 2", rows.Texts[texts[(3 * 3) + 2]].Text);
    }

    [Fact]
    public void Collate_HardNegativeOfOneThatAnswersAnother_IsMaskedForTheOther()
    {
        var rows = TrainingRows.From(Set(Of("a", "query 1", ["d0", "d1"]), Of("b", "query 2", ["d3"], "d1")), 2);
        var side = rows.Collate([0, 2], out _);      // query 1 with d0, query 2 with d3 and its negative d1
        Assert.Equal([3], side.MaskOf(0).ToArray());
        Assert.Empty(side.MaskOf(1).ToArray());
    }

    [Fact]
    public void Collate_DocumentWithTheQuerysOwnWords_IsMaskedAndNeverInItsBatchAsAPositive()
    {
        var rows = TrainingRows.From(Set(Of("a", "query 3", ["d0"]), Of("b", "query 2", ["d1"], "d7"), Of("c", "query 4", ["d7"])), 2);
        Assert.Equal([3], rows.Collate([0, 1], out _).MaskOf(0).ToArray());
        foreach (int[] batch in rows.Sampler(new TrainingOptions { Batch = 3 }).Epoch(0))
        {
            Assert.False(batch.Contains(0) && batch.Contains(2));
        }
    }

    [Fact]
    public void Collate_Repeated_ForgetsTheBatchBefore()
    {
        var rows = TrainingRows.From(Set(Of("a", "query 1", ["d0"], "d1"), Of("b", "query 2", ["d1"]), Of("c", "query 5", ["d2"], "d0")), 2);
        string first = Describe(rows.Collate([0, 2], out int[] texts), texts);
        rows.Collate([1, 2], out _);
        Assert.Equal(first, Describe(rows.Collate([0, 2], out texts), texts));
    }

    [Fact]
    public void Collate_OtherPositivesAsNegatives_MasksTheQuestionAndTheOwnDocumentAlone()
    {
        // One question in two wordings, of which the first stands in the corpus too; its document is another pair's as well, and a negative of the last.
        var set = Set(Of("a", "query 3", ["d0", "d1"]), Of("b", "QUERY 3", ["d2"]), Of("c", "query 2", ["d0"]), Of("d", "query 4", ["d4"], "d1", "d7"));
        TrainingRows masked = TrainingRows.From(set, 2), negatives = TrainingRows.From(set, new RowPlan(2, OtherPositives: OtherPositives.Negatives));
        int[] batch = [0, 2, 3, 4];     // documents 0-3: d0, d2, d0 again, d4; 7 and 11: the negatives d1 and d7
        RowSide before = masked.Collate(batch, out int[] texts), after = negatives.Collate(batch, out int[] same);
        Assert.Equal([[2, 7, 1, 11], [2, 0, 7], [0], []], Masks(before));
        Assert.Equal([[2, 11], [], [0], []], Masks(after));
        Assert.Equal(texts, same);
        Assert.Equal(before.AbsentDocuments.ToArray(), after.AbsentDocuments.ToArray());
        Assert.Equal((masked.Hash, masked.Rows.Length), (negatives.Hash, negatives.Rows.Length));

        static int[][] Masks(RowSide side) => [.. Enumerable.Range(0, 4).Select(i => side.MaskOf(i).ToArray())];
    }

    [Fact]
    public void NoNegativesOf_OtherPositivesAsNegatives_AreTheQuestionAndTheOwnDocument_AndAnswersAreNeverMined()
    {
        var set = Set(Of("a", "query 3", ["d0", "d1"]), Of("b", "query 2", ["d7"]), Of("c", "query 4", ["d4"]));
        TrainingRows masked = TrainingRows.From(set, 2), negatives = TrainingRows.From(set, new RowPlan(2, OtherPositives: OtherPositives.Negatives));
        Assert.Equal(["text 0", "text 1", "query 3"], masked.NoNegativesOf(0).Select(t => masked.Texts[t].Text));
        Assert.Equal(["text 0", "query 3"], negatives.NoNegativesOf(0).Select(t => negatives.Texts[t].Text));
        Assert.Equal(["text 1", "query 3"], negatives.NoNegativesOf(1).Select(t => negatives.Texts[t].Text));
        var side = new SideData(negatives, LossNeeds.Identity, null, null).Collate([0, 3], out _);
        Assert.Equal(negatives.NoNegativesOf(0).Concat(negatives.NoNegativesOf(3)), side.AnswerIds.ToArray());
        Assert.Equal([false, false, true, false], new[] { "d0", "d1", "d4", "d7" }.Select(d => negatives.MayBeNegative(0, negatives.TextOf(d))));
    }

    private static string Describe(RowSide side, int[] texts) =>
        $"{string.Join(' ', side.MaskedDocuments.ToArray())}|{string.Join(' ', side.AbsentDocuments.ToArray())}|{string.Join(' ', texts)}";

    private static TrainingSet Set(params Pair[] pairs) => new(Corpus, pairs);

    private static Pair Of(string id, string query, string[] positives, params string[] negatives) =>
        new() { Id = id, Query = query, PositiveIds = positives, HardNegatives = [.. negatives.Select(n => new HardNegative(n))] };
}
