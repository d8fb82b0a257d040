using System.Diagnostics.CodeAnalysis;

namespace Nearfar.Pairs;

/// <summary>What an id may be: anything that stays one word of one line in a log.</summary>
internal static class Ids
{
    public static bool Check(string id, [NotNullWhen(false)] out string? trouble)
    {
        trouble = string.IsNullOrWhiteSpace(id) ? "is blank. Give an id or leave the field out"
            : id.Any(char.IsControl) ? $"is {Quote(id)}, an id with a control character (a newline, a tab …). Remove it"
            : char.IsWhiteSpace(id[0]) || char.IsWhiteSpace(id[^1]) ? $"is {Quote(id)}, an id with white space around it. Trim it"
            : id.Length > 1000 ? $"is an id of {id.Length} characters; at most 1000"
            : null;
        return trouble is null;
    }

    private static string Quote(string id) =>
        "\"" + string.Concat((id.Length > 60 ? id[..60] + "…" : id).Select(c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString())) + "\"";
}
