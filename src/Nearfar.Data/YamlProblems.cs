using YamlDotNet.Core;

namespace Nearfar.Data;

/// <summary>Problems of a YAML file with line and column, thrown as one message.</summary>
internal sealed class YamlProblems(string path)
{
    private readonly List<(long Line, long Column, string Text)> _problems = [];

    public string Path { get; } = path;

    public int Count => _problems.Count;

    public void Add(Mark at, string message) => _problems.Add((at.Line, at.Column, $"{Path}:{at.Line}:{at.Column}: {message}"));

    public void ThrowIfAny()
    {
        if (_problems.Count == 0)
        {
            return;
        }

        var lines = _problems.OrderBy(p => p.Line).ThenBy(p => p.Column).Select(p => p.Text).ToList();
        throw new NearfarException(lines.Count == 1 ? lines[0] : $"{lines.Count} problems:\n{string.Join('\n', lines)}");
    }
}
