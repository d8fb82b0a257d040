using System.Text.RegularExpressions;

namespace Nearfar.Data.Hub;

/// <summary>A model on the Hugging Face hub: <c>hf:owner/name@revision</c>.</summary>
/// <param name="Owner">User or organisation.</param>
/// <param name="Name">Repository.</param>
/// <param name="Revision">Branch, tag or commit. Default <c>main</c>.</param>
public sealed partial record HubReference(string Owner, string Name, string Revision)
{
    /// <summary>Whether a text means the hub, rightly written or not.</summary>
    /// <param name="text">Of <c>encoder.from</c>.</param>
    public static bool IsMeant(string? text) => text?.StartsWith("hf:", StringComparison.Ordinal) == true;

    /// <summary>Reads <c>hf:owner/name</c> or <c>hf:owner/name@revision</c>.</summary>
    /// <param name="text">Of <c>encoder.from</c>.</param>
    /// <returns>Null when it is written otherwise.</returns>
    public static HubReference? Parse(string text) =>
        Form().Match(text) is { Success: true } match && !text.Contains("..", StringComparison.Ordinal)
            ? new HubReference(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Success ? match.Groups[3].Value : "main")
            : null;

    /// <summary><c>hf:owner/name@revision</c>.</summary>
    public override string ToString() => $"hf:{Owner}/{Name}@{Revision}";

    [GeneratedRegex("^hf:([A-Za-z0-9][A-Za-z0-9._-]*)/([A-Za-z0-9][A-Za-z0-9._-]*)(?:@([A-Za-z0-9][A-Za-z0-9._/-]*))?$")]
    private static partial Regex Form();
}
