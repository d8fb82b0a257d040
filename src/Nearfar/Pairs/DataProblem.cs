namespace Nearfar.Pairs;

/// <summary>One thing wrong with a data file.</summary>
/// <param name="Path">The file as the user named it.</param>
/// <param name="Line">1-based; 0 when the whole file is meant.</param>
/// <param name="Message">What was wanted, what came, what to do.</param>
public sealed record DataProblem(string Path, long Line, string Message)
{
    /// <summary>What <see cref="Line"/> counts: a table without lines has rows.</summary>
    internal string Unit { get; init; } = "line";

    /// <summary><c>path:line: message</c>, as editors and terminals link it.</summary>
    public override string ToString() => Line > 0 ? $"{Path}:{Line}: {Message}" : $"{Path}: {Message}";

    /// <summary>An error as a problem: its message without the place in front.</summary>
    internal static DataProblem Of(NearfarException error, string path)
    {
        if (error.Path is null)
        {
            return new DataProblem(path, 0, error.Message);
        }

        string place = error.Line > 0 ? $"{error.Path}:{error.Line}: " : $"{error.Path}: ";
        return new DataProblem(error.Path, error.Line, error.Message.StartsWith(place, StringComparison.Ordinal) ? error.Message[place.Length..] : error.Message);
    }
}
