using Nearfar.Labels;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Labels;

public sealed class JudgedLabelsTests
{
    private static readonly DateTimeOffset s_time = new(2026, 11, 2, 9, 0, 0, TimeSpan.Zero);

    /// <summary>What was shown, clicked, thumbed or escalated is no judgement.</summary>
    [Fact]
    public void ClickedOrShownDocuments_NeverBecomeNegatives()
    {
        var traffic = new TrafficRow
        {
            Id = "t1:s",
            Query = "where is my parcel",
            Retrieved = [new("clicked", 9, 1), new("thumbed-down", 8, 2), new("shown", 7, 3)],
            Outcome = TrafficOutcome.Failed,
            Escalated = true,
        };
        var labels = JudgedLabels.Of([[Row("right", 2), Row("thumbed-down", null), Row("clicked", null)]]);
        var pair = Assert.Single(labels.ToPairs());
        Assert.Equal(["right"], pair.PositiveIds);
        Assert.Empty(pair.HardNegatives);
        Assert.Equal(["right"], pair.Relevance!.Keys);
        var applied = Assert.Single(labels.AppliedTo([traffic], 5));
        Assert.Equal(["right"], applied.Judged!.Keys);
        Assert.Equal(2, labels.Unjudged);
        Assert.Equal(["right"], applied.KnownRightIds);
    }

    [Fact]
    public void ToPairs_JudgedRows_CarryTheRater()
    {
        var pair = Assert.Single(JudgedLabels.Of([[Row("b", 1), Row("a", 3), Row("wrong", 0), Row("open", null)]]).ToPairs());
        Assert.Equal(["a", "b"], pair.PositiveIds);
        Assert.Equal("wrong", Assert.Single(pair.HardNegatives).DocumentId);
        foreach (var provenance in new[] { pair.Provenance!, pair.HardNegatives[0].Provenance! })
        {
            Assert.Equal(("human", "dana", s_time, "t1:s", "judged in a pool of bm25, nf1-x"), (provenance.Source, provenance.Reviewer, provenance.Time!.Value, provenance.TraceId, provenance.Rule));
        }

        Assert.Equal(0, pair.Relevance!["wrong"]);
    }

    [Fact]
    public void Of_TwoRaters_LeavesDisputedUnjudgedAndTakesTheLowerGrade()
    {
        var labels = JudgedLabels.Of([[Row("both", 3), Row("disputed", 1), Row("wrong", 0)], [Row("both", 1, "kim"), Row("disputed", 0, "kim"), Row("wrong", 0, "kim")]]);
        Assert.Equal(1, labels.Disputed);
        var question = Assert.Single(labels.Questions);
        Assert.Equal([("both", 1), ("wrong", 0)], question.Grades.Select(g => (g.Key, g.Value)).Order());
        Assert.Equal("dana, kim", question.Provenance.Reviewer);
    }

    [Theory]
    [InlineData("right", 1, TrafficOutcome.Ok)]
    [InlineData("right", 6, TrafficOutcome.Failed)]       // found, but not among the first five
    [InlineData("other", 1, TrafficOutcome.Failed)]
    public void AppliedTo_UnknownOutcome_FollowsFromTheJudgement(string retrieved, int rank, TrafficOutcome wanted)
    {
        var labels = JudgedLabels.Of([[Row("right", 2), Row("other", 0)]]);
        var row = new TrafficRow { Id = "x", Query = "Where is my  PARCEL", Retrieved = [new(retrieved, null, rank)] };       // another row of the same question
        Assert.Equal(wanted, labels.AppliedTo([row], 5)[0].Outcome);
        Assert.Equal(TrafficOutcome.Failed, labels.AppliedTo([row with { Outcome = TrafficOutcome.Failed }], 5)[0].Outcome);       // what the user told stands
    }

    [Fact]
    public void AppliedTo_NothingRight_LeavesTheOutcomeOpen_AndOtherQuestionsAlone()
    {
        var labels = JudgedLabels.Of([[Row("wrong", 0), Row("open", null)]]);
        var row = new TrafficRow { Id = "x", Query = "where is my parcel", Retrieved = [new("wrong", null, 1)] };
        var other = row with { Id = "y", Query = "something else" };
        var applied = labels.AppliedTo([row, other], 5);
        Assert.Equal((TrafficOutcome.Unknown, 0), (applied[0].Outcome, applied[0].KnownRightIds.Count));
        Assert.Same(other, applied[1]);
        Assert.Empty(labels.ToPairs());
    }

    [Fact]
    public void AppliedTo_JudgedOtherwiseBefore_IsRefused()
    {
        var row = new TrafficRow { Id = "x", Query = "where is my parcel", Judged = new Dictionary<string, int> { ["right"] = 0 } };
        Assert.Contains("at 0, the sheets at 2", Assert.Throws<NearfarException>(() => JudgedLabels.Of([[Row("right", 2)]]).AppliedTo([row], 5)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_NothingJudged_IsRefused() => Assert.Throws<NearfarException>(() => JudgedLabels.Of([[Row("a", null)]]));

    [Fact]
    public void TrafficFile_JudgedRow_KeepsItsProvenance()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("nearfar-").FullName, "traffic.jsonl");
        var row = JudgedLabels.Of([[Row("right", 2)]]).AppliedTo([new TrafficRow { Id = "t1:s", Query = "where is my parcel", Retrieved = [new("right", 2, 1)] }], 5)[0];
        TrafficFile.Write(path, [row]);
        var read = TrafficFile.Read(path).Rows[0];
        Assert.Equal(("human", "dana", s_time), (read.Provenance!.Source, read.Provenance.Reviewer, read.Provenance.Time!.Value));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    private static LabelRow Row(string document, int? grade, string rater = "dana") => new()
    {
        QuestionId = "t1:s",
        Query = "where is my parcel",
        DocumentId = document,
        Grade = grade,
        Rater = grade is null ? null : rater,
        Time = grade is null ? null : s_time,
        Pool = "bm25, nf1-x",
    };
}
