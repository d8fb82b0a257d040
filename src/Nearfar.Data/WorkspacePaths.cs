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

        string filled = VariableForm().Replace(text, match =>
        {
            string name = match.Groups[1].Value;
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                return value;
            }

            section.Problem(key, $"the environment variable {name} is not set. Set it to the folder that \"{text}\" lies in.");
            return "";
        });
        return Beside(filled);
    }

    /// <summary>A path as written, relative to the workspace file.</summary>
    public string Beside(string path) => Path.Combine(folder, path);

    [GeneratedRegex(@"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")]
    private static partial Regex VariableForm();
}
