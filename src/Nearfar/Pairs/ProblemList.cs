namespace Nearfar.Pairs;

/// <summary>Collects problems: keeps the first ones, counts all, and throws them as one message.</summary>
internal sealed class ProblemList(int shown = 100)
{
    private readonly List<DataProblem> _problems = [];

    public IReadOnlyList<DataProblem> Shown => _problems;

    public long Count { get; private set; }

    /// <summary>Rows that were left out because of them.</summary>
    public long SkippedRows { get; set; }

    public void Add(string path, long line, string message)
    {
        Count++;
        if (_problems.Count < shown)
        {
            _problems.Add(new DataProblem(path, line, message));
        }
    }

    public void AddAll(IReadOnlyList<DataProblem> problems, long count)
    {
        foreach (var problem in problems.Take(shown - _problems.Count))
        {
            _problems.Add(problem);
        }

        Count += count;
    }

    public void ThrowIfAny()
    {
        if (Count == 0)
        {
            return;
        }

        if (Count == 1)
        {
            throw new NearfarException(_problems[0].Path, _problems[0].Line, _problems[0].Message);
        }

        string rest = Count > _problems.Count ? $"\nand {Count - _problems.Count} more." : "";
        throw new NearfarException($"{Count} problems:\n{string.Join('\n', _problems)}{rest}");
    }
}
