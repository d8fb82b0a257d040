using Nearfar.Cli.Reviewing;
using Nearfar.Mining.Reviewing;
using Xunit;

namespace Nearfar.Cli.Tests.Reviewing;

public sealed class ReviewSessionTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nearfar-review-");

    public ReviewSessionTests() => ReviewFile.Write(File, [Row("a"), Row("b"), Row("c")]);

    private string File => Path.Combine(_folder.FullName, "review.jsonl");

    public void Dispose() => _folder.Delete(recursive: true);

    private static ReviewRow Row(string document)
    {
        return new ReviewRow
        {
            Id = Nearfar.Pairs.ContentHash.IdOf($"how long?\n{document}\nh-1"),
            Query = "How long?",
            PairId = "p",
            PositiveIds = ["right"],
            Positives = ["Thirty days."],
            DocumentId = document,
            Text = $"Page {document}",
            TextHash = "h-1",
            Rule = "within the absolute margin",
            Likelihood = 1,
        };
    }

    private (ReviewSession Session, ScriptedTerminal Terminal) Play(string keys)
    {
        var terminal = new ScriptedTerminal(keys, () => string.Join(' ', ReviewFile.Read(File).Select(r => r.Decision?.ToString() ?? "-")));
        var session = new ReviewSession(File, "ines", new FrozenClock(s_now), terminal);
        session.Run(TestContext.Current.CancellationToken);
        return (session, terminal);
    }

    [Fact]
    public void Keys_DecideMoveAndUndo_AndTheFileHoldsEachAtOnce()
    {
        var (session, terminal) = Play("ynukpjjq");
        // What the file held when each key was asked for.
        Assert.Equal(["- - -", "Accept - -", "Accept Reject -", "Accept - -", "Accept - -", "Promote - -", "Promote - -", "Promote - -"], terminal.Saved);
        Assert.Equal((1, 3), (session.Decided, session.Count));
        var row = ReviewFile.Read(File)[0];
        Assert.Equal(("ines", s_now), (row.Reviewer, row.Time));
        Assert.Contains("That was the last row.", terminal.Screens[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Start_IsTheFirstOpenRow_AndTheEndOfInputEnds()
    {
        Play("n");
        var (session, terminal) = Play("y");
        Assert.Contains("2 of 3, 1 decided, as ines", terminal.Screens[0], StringComparison.Ordinal);
        Assert.Contains("Page b", terminal.Screens[0], StringComparison.Ordinal);
        Assert.Contains("Thirty days.", terminal.Screens[0], StringComparison.Ordinal);
        Assert.Equal(2, session.Decided);
    }

    [Fact]
    public void OtherKeys_AndUndoWithoutADecision_ChangeNothing()
    {
        byte[] before = System.IO.File.ReadAllBytes(File);
        var (_, terminal) = Play("xukq");
        Assert.Equal(before, System.IO.File.ReadAllBytes(File));
        Assert.Contains("j next", terminal.Screens[1], StringComparison.Ordinal);
        Assert.Contains("Nothing to undo.", terminal.Screens[2], StringComparison.Ordinal);
        Assert.Contains("That was the first row.", terminal.Screens[3], StringComparison.Ordinal);
    }

    private sealed class ScriptedTerminal(string keys, Func<string> saved) : IReviewTerminal
    {
        private int _next;

        public List<string> Screens { get; } = [];

        public List<string> Saved { get; } = [];

        public void Show(string screen) => Screens.Add(screen);

        public char? ReadKey()
        {
            Saved.Add(saved());
            return _next < keys.Length ? keys[_next++] : null;
        }
    }

    private sealed class FrozenClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
