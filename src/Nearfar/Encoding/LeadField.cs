namespace Nearfar.Encoding;

/// <summary>Which part of a document's content <see cref="LeadOptions"/> counts more.</summary>
public enum LeadField
{
    /// <summary>The first tokens, whatever they are. The default.</summary>
    Beginning,

    /// <summary>
    /// The title: what stands before the content's first newline (U+000A), where <see cref="Pairs.Document.Content"/> puts the title. In a document without a title it is the
    /// first of several lines; a content of one line has none, and nothing of it counts more.
    /// </summary>
    Title,
}
