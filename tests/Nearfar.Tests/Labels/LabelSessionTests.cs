using Nearfar.Labels;
using Xunit;

namespace Nearfar.Tests.Labels;

public sealed class LabelSessionTests
{
    private readonly List<LabelRow[]> _saved = [];

    [Fact]
    public void Press_Keys_GradeSkipUndo()
    {
        var session = Session(Rows(5));
        foreach (char key in "2ns3uY")
        {
            Assert.Equal(LabelKey.Taken, session.Press(key));
        }

        Assert.Equal([2, 0, null, 1, null], session.Rows.Select(r => r.Grade));
        Assert.Equal(4, session.Position);
        Assert.Equal(LabelKey.Quit, session.Press('q'));
        Assert.All(session.Rows.Where(r => r.Grade is not null), r => Assert.Equal(("dana", new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero)), (r.Rater, r.Time!.Value)));
        Assert.All(session.Rows.Where(r => r.Grade is null), r => Assert.Equal((null, null), (r.Rater, r.Time)));
    }

    [Fact]
    public void Press_EachKeyThatChangesSomething_SavesTheWholeSheet()
    {
        var session = Session(Rows(3));
        session.Press('1');
        session.Press('s');
        session.Press('0');
        Assert.Equal(2, _saved.Count);          // a skip changes nothing
        session.Press('u');
        session.Press('u');
        session.Press('u');
        Assert.Equal(4, _saved.Count);
        Assert.All(_saved[^1], r => Assert.Null(r.Grade));
        Assert.Equal(LabelKey.Unknown, session.Press('u'));       // nothing left to undo
    }

    [Fact]
    public void Press_OtherKeys_DoNothing()
    {
        var session = Session(Rows(1));
        foreach (char key in "4x \r\0-")
        {
            Assert.Equal(LabelKey.Unknown, session.Press(key));
        }

        Assert.Empty(_saved);
        session.Press('3');
        Assert.Null(session.Current);
        Assert.Equal(LabelKey.Unknown, session.Press('1'));
        Assert.Equal(3, session.Rows[0].Grade);
    }

    [Fact]
    public void New_SheetBegun_GoesOnBehindWhatIsJudged_AndRefusesAnotherRater()
    {
        var rows = Rows(3);
        rows[0] = rows[0] with { Grade = 1, Rater = "dana" };
        Assert.Equal(1, Session(rows).Position);
        rows[0] = rows[0] with { Rater = "kim" };
        Assert.Contains("judged by \"kim\"", Assert.Throws<NearfarException>(() => Session(rows)).Message, StringComparison.Ordinal);
    }

    private LabelSession Session(LabelRow[] rows) => new(rows, "dana", new Clock(), saved => _saved.Add([.. saved]));

    private static LabelRow[] Rows(int count) => [.. Enumerable.Range(0, count).Select(i => new LabelRow { QuestionId = "q", Query = "a question", DocumentId = $"d{i}" })];

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
    }
}
