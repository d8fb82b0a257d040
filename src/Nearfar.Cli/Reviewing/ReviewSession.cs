using System.Globalization;
using System.Text;
using Nearfar.Mining.Reviewing;

namespace Nearfar.Cli.Reviewing;

/// <summary>One key a row: j k move, y accepts, n rejects, p promotes, u takes the last decision back, q ends. The file is written after every decision.</summary>
internal sealed class ReviewSession
{
    private const int ShownCharacters = 1200;
    private readonly string _path;
    private readonly string _reviewer;
    private readonly TimeProvider _clock;
    private readonly IReviewTerminal _terminal;
    private readonly ReviewRow[] _rows;
    private readonly Stack<(int At, ReviewRow Before)> _undo = [];
    private int _at;

    public ReviewSession(string path, string reviewer, TimeProvider clock, IReviewTerminal terminal)
    {
        _path = path;
        _reviewer = reviewer;
        _clock = clock;
        _terminal = terminal;
        _rows = [.. ReviewFile.Read(path)];
        _at = Math.Max(0, Array.FindIndex(_rows, r => r.Decision is null));
    }

    /// <summary>Rows that have a decision now.</summary>
    public int Decided => _rows.Count(r => r.Decision is not null);

    public int Count => _rows.Length;

    /// <summary>Until q, or until no key comes any more.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        string said = "";
        while (_rows.Length > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _terminal.Show(Screen(said));
            char? key = _terminal.ReadKey();
            if (key is null or 'q')
            {
                return;
            }

            said = Press(key.Value);
        }
    }

    private string Press(char key)
    {
        switch (key)
        {
            case 'j': return Move(1);
            case 'k': return Move(-1);
            case 'y': return Decide(ReviewDecision.Accept);
            case 'n': return Decide(ReviewDecision.Reject);
            case 'p': return Decide(ReviewDecision.Promote);
            case 'u': return Undo();
            default: return "j next, k back, y a negative, n no negative, p answers the question, u undo, q quit.";
        }
    }

    private string Move(int step)
    {
        int to = Math.Clamp(_at + step, 0, _rows.Length - 1);
        string said = to == _at ? step > 0 ? "That was the last row." : "That was the first row." : "";
        _at = to;
        return said;
    }

    private string Decide(ReviewDecision decision)
    {
        _undo.Push((_at, _rows[_at]));
        _rows[_at] = _rows[_at] with { Decision = decision, Reviewer = _reviewer, Time = _clock.GetUtcNow() };
        ReviewFile.Write(_path, _rows);
        return Move(1);
    }

    private string Undo()
    {
        if (!_undo.TryPop(out var last))
        {
            return "Nothing to undo.";
        }

        _at = last.At;
        _rows[_at] = last.Before;
        ReviewFile.Write(_path, _rows);
        return "Undone.";
    }

    private string Screen(string said)
    {
        var row = _rows[_at];
        var screen = new StringBuilder();
        screen.AppendLine(CultureInfo.InvariantCulture, $"{_at + 1} of {_rows.Length}, {Decided} decided, as {_reviewer}").AppendLine();
        screen.AppendLine(CultureInfo.InvariantCulture, $"Question:  {row.Query}").AppendLine();
        foreach (var (id, text) in row.PositiveIds.Zip(row.Positives))
        {
            screen.AppendLine(CultureInfo.InvariantCulture, $"Known to answer, {id}:").AppendLine(Cut(text)).AppendLine();
        }

        screen.AppendLine(CultureInfo.InvariantCulture, $"Candidate, {row.DocumentId}:").AppendLine(Cut(row.Text)).AppendLine();
        screen.AppendLine(CultureInfo.InvariantCulture, $"Left by: {row.Rule}; likelihood {row.Likelihood:0.00}; {string.Join(", ", row.Scores.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Key} {s.Value:0.000}")))}");
        screen.AppendLine(CultureInfo.InvariantCulture, $"Decision: {(row.Decision is { } decision ? $"{decision.ToString().ToLowerInvariant()} by {row.Reviewer}" : "none yet")}").AppendLine();
        screen.AppendLine("y a negative   n no negative   p answers the question   j next   k back   u undo   q quit");
        return screen.Append(said).ToString();
    }

    private static string Cut(string text) => text.Length <= ShownCharacters ? text : text[..(ShownCharacters - 1)] + "…";
}
