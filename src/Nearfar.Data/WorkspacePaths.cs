using System.Text.RegularExpressions;

namespace Nearfar.Data;

/// <summary>Paths of the workspace file: relative to its folder.</summary>
internal sealed partial class WorkspacePaths(string folder)
{
    /// <summary>The path under a key with <c>${NAME}</c> filled in; null when the key is missing.</summary>
    public string? Of(YamlSection section, string key)
    {
        if (section.Text(key) is not { } text)
        {
            return null;
        }

        return Beside(Fill(text, Environment.GetEnvironmentVariable,
            name => section.Problem(key, $"the environment variable {name} is not set. Set it to the folder that \"{text}\" lies in.")));
    }

    /// <summary>A text with every <c>${NAME}</c> filled in.</summary>
    /// <param name="text">As written.</param>
    /// <param name="environment">The value of a variable.</param>
    /// <param name="missing">Told the name of one that is not set or empty; nothing stands in its place.</param>
    public static string Fill(string text, Func<string, string?> environment, Action<string> missing) => VariableForm().Replace(text, match =>
    {
        string name = match.Groups[1].Value;
        if (environment(name) is { Length: > 0 } value)
        {
            return value;
        }

        missing(name);
        return "";
    });

    /// <summary>A path as written, relative to the workspace file.</summary>
    public string Beside(string path) => Path.Combine(folder, path);

    [GeneratedRegex(@"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")]
    private static partial Regex VariableForm();
}
