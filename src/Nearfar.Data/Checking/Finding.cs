namespace Nearfar.Data.Checking;

/// <summary>One thing that the check found.</summary>
/// <param name="Severity">How much it weighs.</param>
/// <param name="Rule">Short name of the rule, for example <c>shared-question</c>.</param>
/// <param name="Path">The file as the workspace names it.</param>
/// <param name="Line">1-based; 0 when the whole file is meant.</param>
/// <param name="Message">What was found.</param>
/// <param name="Remedy">What to do; empty for information.</param>
public sealed record Finding(FindingSeverity Severity, string Rule, string Path, long Line, string Message, string Remedy)
{
    /// <summary><c>path:line: severity [rule] message remedy</c>.</summary>
    public override string ToString()
    {
        string place = Line > 0 ? $"{Path}:{Line}" : Path;
        string severity = Severity switch { FindingSeverity.Error => "error", FindingSeverity.Warning => "warning", _ => "info" };
        return $"{place}: {severity} [{Rule}] {Message}{(Remedy.Length == 0 ? "" : " " + Remedy)}";
    }
}
