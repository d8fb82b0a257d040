namespace Nearfar.Data.Init;

/// <summary>A heading and the text below it, up to the next heading.</summary>
/// <param name="Heading">Without markup; null for text above the first heading.</param>
/// <param name="Text">Paragraphs parted by blank lines, without markup.</param>
internal sealed record PageSection(string? Heading, string Text);

/// <summary>A page as its sections.</summary>
/// <param name="Title">Of the page; null when it states none.</param>
/// <param name="Language">As stated, for example <c>en</c>.</param>
/// <param name="Updated">ISO day as stated.</param>
/// <param name="Sections">In page order.</param>
internal sealed record Page(string? Title, string? Language, string? Updated, IReadOnlyList<PageSection> Sections);
