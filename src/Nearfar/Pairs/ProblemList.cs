namespace Nearfar.Pairs;

/// <summary>Collects problems: keeps the first ones, counts all, and throws them as one message that says the same problem of many lines once.</summary>
internal sealed class ProblemList(int shown = 100)
{
    // Up to here each line is named; beyond, the first stands for all.
    private const int NamedLines = 3;

    private readonly List<DataProblem> _problems = [];
    private readonly Dictionary<(string Path, string Message), long> _kinds = [];
    private readonly List<DataProblem> _told = [];

    public IReadOnlyList<DataProblem> Shown => _problems;

    public long Count { get; private set; }

    /// <summary>Rows that were left out because of them.</summary>
    public long SkippedRows { get; set; }

    public void Add(string path, long line, string message) => Add(new DataProblem(path, line, message));

    public void Add(DataProblem problem)
    {
        Count++;
        if (_problems.Count < shown)
        {
            _problems.Add(problem);
        }

        Tell(problem);
    }

    public void AddAll(IReadOnlyList<DataProblem> problems, long count)
    {
        foreach (var problem in problems.Take(shown - _problems.Count))
        {
            _problems.Add(problem);
            Tell(problem);
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

        DataProblem[] told = [.. _told.DistinctBy(p => _kinds[(p.Path, p.Message)] > NamedLines ? p with { Line = -1 } : p)];
        long rest = Count - told.Sum(p => _kinds[(p.Path, p.Message)] is > NamedLines and var all ? all : 1);
        var lines = told.Select(p => _kinds[(p.Path, p.Message)] is > NamedLines and var all ? $"{p} (this {p.Unit} and {all - 1} more)" : p.ToString());
        throw new NearfarException($"{Count} problems:\n{string.Join('\n', lines)}{(rest > 0 ? $"\nand {rest} more." : "")}");
    }

    // One problem on each of a thousand lines is said once; behind it another may hide.
    private void Tell(DataProblem problem)
    {
        var kind = (problem.Path, problem.Message);
        if (!_kinds.TryGetValue(kind, out long known) && _told.Count >= shown)
        {
            return;
        }

        _kinds[kind] = known + 1;
        if (known < NamedLines && _told.Count < shown)
        {
            _told.Add(problem);
        }
    }
}
