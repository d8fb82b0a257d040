using Nearfar.Evaluation;
using Nearfar.Pairs;

namespace Nearfar.Reporting;

/// <summary>Questions and documents as HTML: direction by their own letters, language where the data name it.</summary>
internal static class Texts
{
    public static void Write(Markup page, string element, QueryScore? query)
    {
        if (query is not null)
        {
            Write(page, element, Snippet.Of(query.Query, 600), Languages.Of(query), "question");
        }
    }

    public static void WriteTitle(Markup page, Document document) => Write(page, "b", TitleOf(document), Languages.Of(document), "title");

    // Paper leaves the texts of wrong pages out; one without a title would then be a bare id.
    public static void WriteText(Markup page, Document document, int longest) =>
        Write(page, "small", Snippet.Of(document.Text, longest), Languages.Of(document), string.IsNullOrWhiteSpace(document.Title) ? "lead" : "text");

    public static string TitleOf(Document document) => string.IsNullOrWhiteSpace(document.Title) ? Snippet.Of(document.Text, 70) : Snippet.Of(document.Title, 110);

    // "bdi" semantics by dir=auto: a right-to-left text, or one with direction marks, cannot turn the line around it.
    private static void Write(Markup page, string element, string text, string? language, string kind)
    {
        if (language is null)
        {
            page.Leaf(element, text, ("class", kind), ("dir", "auto"));
        }
        else
        {
            page.Leaf(element, text, ("class", kind), ("dir", "auto"), ("lang", language));
        }
    }
}
