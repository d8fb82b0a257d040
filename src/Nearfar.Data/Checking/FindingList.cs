using Nearfar.Pairs;

namespace Nearfar.Data.Checking;

/// <summary>Collects findings: of each rule the first ones, the rest counted.</summary>
internal sealed class FindingList
{
    private readonly List<Finding> _findings = [];
    private readonly Dictionary<(string Rule, FindingSeverity Severity), (long Count, string Path)> _counts = [];

    public void Error(string rule, string path, long line, string message, string remedy = "") => Add(FindingSeverity.Error, rule, path, line, message, remedy);

    public void Error(string rule, DataProblem problem) => Error(rule, problem.Path, problem.Line, problem.Message);

    public void Warning(string rule, string path, long line, string message, string remedy) => Add(FindingSeverity.Warning, rule, path, line, message, remedy);

    public void Information(string rule, string path, string message) => Add(FindingSeverity.Information, rule, path, 0, message, "");

    public void Information(string rule, string path, long line, string message, string remedy) => Add(FindingSeverity.Information, rule, path, line, message, remedy);

    public long Count(FindingSeverity severity) => _counts.Where(c => c.Key.Severity == severity).Sum(c => c.Value.Count);

    public IReadOnlyList<RuleCount> Rules() =>
        [.. _counts.Select(c => new RuleCount(c.Key.Rule, c.Key.Severity, c.Value.Count)).OrderByDescending(r => r.Severity).ThenBy(r => r.Rule, StringComparer.Ordinal)];

    public IReadOnlyList<Finding> ToList()
    {
        var rest = _counts.Where(c => c.Value.Count > WorkspaceCheck.MaxPerRule)
            .Select(c => new Finding(c.Key.Severity, c.Key.Rule, c.Value.Path, long.MaxValue, $"and {c.Value.Count - WorkspaceCheck.MaxPerRule} more of this kind.", ""));
        return [.. _findings.Concat(rest)
            .OrderByDescending(f => f.Severity).ThenBy(f => f.Path, StringComparer.Ordinal).ThenBy(f => f.Line).ThenBy(f => f.Rule, StringComparer.Ordinal)
            .Select(f => f.Line == long.MaxValue ? f with { Line = 0 } : f)];
    }

    private void Add(FindingSeverity severity, string rule, string path, long line, string message, string remedy)
    {
        var key = (rule, severity);
        var (count, first) = _counts.GetValueOrDefault(key, (0, path));
        _counts[key] = (count + 1, first);
        if (count < WorkspaceCheck.MaxPerRule)
        {
            _findings.Add(new Finding(severity, rule, path, line, message, remedy));
        }
    }
}
