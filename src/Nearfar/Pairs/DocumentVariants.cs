namespace Nearfar.Pairs;

/// <summary>Near-duplicates on purpose: the same text for another version, product or country, or a text that replaces another.</summary>
internal static class DocumentVariants
{
    private static readonly string[] s_attributes = ["version", "product", "country"];

    /// <summary>Whether two documents declare a difference; a value that one of them lacks declares none.</summary>
    public static bool Differ(Document a, Document b) => Replaces(a, b) || Replaces(b, a)
        || s_attributes.Any(name => a.Attributes.TryGetValue(name, out string? left) && b.Attributes.TryGetValue(name, out string? right)
            && !string.Equals(left, right, StringComparison.OrdinalIgnoreCase));

    private static bool Replaces(Document newer, Document older) =>
        newer.Attributes.TryGetValue("replaces", out string? id) && string.Equals(id, older.Id, StringComparison.Ordinal);
}
