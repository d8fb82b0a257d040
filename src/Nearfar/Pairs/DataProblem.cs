namespace Nearfar.Pairs;

/// <summary>One thing wrong with a data file.</summary>
/// <param name="Path">The file as the user named it.</param>
/// <param name="Line">1-based; 0 when the whole file is meant.</param>
/// <param name="Message">What was wanted, what came, what to do.</param>
public sealed record DataProblem(string Path, long Line, string Message)
{
    /// <summary><c>path:line: message</c>, as editors and terminals link it.</summary>
    public override string ToString() => Line > 0 ? $"{Path}:{Line}: {Message}" : $"{Path}: {Message}";
}
