using Nearfar.Pairs;

namespace Nearfar.Evaluation.Ranking;

/// <summary>Problems of a file whose blocks are read in any order: their lines are known when all blocks are counted. Thread-safe.</summary>
internal sealed class TrecProblems(string path)
{
    private const int ShownOfBlock = 100;
    private readonly Lock _lock = new();
    private readonly List<(int Block, int Line, string Message)> _shown = [];
    private readonly SortedDictionary<int, (int Lines, int Problems)> _blocks = [];

    /// <param name="block">Its place in the file.</param>
    /// <param name="lines">How many it has.</param>
    /// <param name="problems">0-based line in the block, message.</param>
    public void AddBlock(int block, int lines, List<(int Line, string Message)> problems)
    {
        lock (_lock)
        {
            _blocks.Add(block, (lines, problems.Count));
            _shown.AddRange(problems.Take(ShownOfBlock).Select(p => (block, p.Line, p.Message)));
        }
    }

    /// <exception cref="NearfarException">All problems in one message, in the order of the file.</exception>
    public void ThrowIfAny()
    {
        var list = new ProblemList();
        long first = 1;
        foreach (var (block, (lines, problems)) in _blocks)
        {
            var shown = _shown.Where(p => p.Block == block).OrderBy(p => p.Line).Select(p => new DataProblem(path, first + p.Line, p.Message)).ToArray();
            list.AddAll(shown, problems);
            first += lines;
        }

        list.ThrowIfAny();
    }
}
