using Nearfar.Evaluation;

namespace Nearfar.Reporting;

/// <summary>What a report is about in one line, and how its models are called there.</summary>
internal static class ReportTitle
{
    private const int LongestName = 80;

    /// <summary><c>helpdesk: candidate 001 against BM25, gate set</c>.</summary>
    public static string Of(ReportView view)
    {
        string subject = $"candidate {NameOf(view.Now)}" + (view.Then is { } then ? $" against {NameOf(then)}" : "") + ", " + SetOf(view.Now);
        return view.Input.Provenance.Workspace is { } workspace ? $"{Snippet.Of(workspace, LongestName)}: {subject}" : $"C{subject[1..]}";
    }

    /// <summary>The label, in words for the two references that every workspace has.</summary>
    public static string NameOf(EvalReport report) => report.Label switch
    {
        "bm25" => "BM25",
        "untrained" => "untrained encoder",
        _ => Snippet.Of(report.Label, LongestName),
    };

    /// <summary><c>gate set</c>, <c>gate set spring</c>, <c>dev set</c>.</summary>
    public static string SetOf(EvalReport report) => (report.IsGateSet, report.SetName) switch
    {
        (true, "gate") => "gate set",
        (true, _) => "gate set " + Snippet.Of(report.SetName, LongestName),
        _ => Snippet.Of(report.SetName, LongestName) + " set",
    };
}
