using System.Collections.ObjectModel;

namespace Nearfar.Pairs;

/// <summary>What is retrieved: a passage or chunk, with attributes that can feed cohorts.</summary>
public sealed record Document
{
    /// <summary>Unique in a corpus; a content hash when the file gave none.</summary>
    public required string Id { get; init; }

    /// <summary>The passage itself; never blank.</summary>
    public required string Text { get; init; }

    /// <summary>Heading or page title, if any.</summary>
    public string? Title { get; init; }

    /// <summary>
    /// Attributes of any name. Known to Nearfar: <c>group</c> and <c>replaces</c> (clusters), <c>version</c>, <c>product</c>,
    /// <c>country</c> (near-duplicates that differ in these are wanted negatives), <c>updated</c> (ISO date, document age).
    /// </summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>What an encoder and BM25 read: the title, a newline and the text; the text alone without a title.</summary>
    public string Content => string.IsNullOrEmpty(Title) ? Text : Title + "\n" + Text;
}
