using CsCheck;
using Nearfar.Data.Init;
using Nearfar.Text;
using Xunit;

namespace Nearfar.Data.Tests.Init;

public sealed class PageTextTests
{
    [Fact]
    public void Markdown_Markup_GivesItsText()
    {
        var page = MarkdownPage.Read("""
            Intro with **bold**, *slanted*, `code` and [a link](http://x "t") &amp; an ![image](y.png).

            Title here
            ==========

            > quoted line
            1. first
            - [ ] second

            ```sh
            # no heading
            run --it
            ```

            Part
            ----
            text <b>inside</b> <!-- hidden -->
            ### Closed ###
            | a | b |
            |---|---|
            | 1 | 2_000_x |
            """);
        Assert.Equal("Title here", page.Title);
        Assert.Equal([null, "Title here", "Part", "Closed"], page.Sections.Select(s => s.Heading));
        Assert.Equal("Intro with bold, slanted, code and a link & an image.", page.Sections[0].Text);
        Assert.Equal("quoted line\nfirst\nsecond\n\n# no heading\nrun --it", page.Sections[1].Text);
        Assert.Equal("text inside", page.Sections[2].Text);
        Assert.Contains("2_000_x", page.Sections[3].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Html_TagsScriptsAndEntities_GiveTheirText()
    {
        var page = HtmlPage.Read("""
            <!DOCTYPE html><html lang="de"><head><title>R&uuml;ckgabe</title><style>h1 { color: red }</style></head>
            <body><header><h1 class="a > b">Alles &uuml;ber <em>R&#252;ckgabe</em></h1></header>
            <nav><ul><li>Menu<nav>inner</nav></li></ul></nav>
            <p>5 < 6 und 7 > 3.<br>Neue Zeile<p>Ohne Ende
            <script>if (a < b) { document.write("<h2>nein</h2>"); }</script>
            <h2>Fristen</h2><table><tr><td>30</td><td>Tage</td></tr></table><!-- <h2>weg</h2> -->
            <p>Schluss <a href='x'>hier
            """);
        Assert.Equal(("Rückgabe", "de"), (page.Title, page.Language));
        Assert.Equal(["Alles über Rückgabe", "Fristen"], page.Sections.Select(s => s.Heading));
        Assert.Equal("5 < 6 und 7 > 3.\n\nNeue Zeile\n\nOhne Ende", page.Sections[0].Text);
        Assert.Equal("30 Tage\n\nSchluss hier", page.Sections[1].Text);
    }

    [Theory]
    [InlineData("Getting started!", "getting-started")]
    [InlineData("  C# & .NET  ", "c-net")]
    [InlineData("返品の条件", "返品の条件")]
    [InlineData("???", "section")]
    public void Slug_Heading_IsAnAnchor(string heading, string slug) => Assert.Equal(slug, Slugs.Of(heading));

    [Fact]
    public void Chunks_AnyText_AreBoundedAndLoseNoWord()
    {
        var sentence = Gen.Int[1, 60].Select(n => string.Join(' ', Enumerable.Range(0, n).Select(i => $"w{i}x{n}")) + ".");
        var text = sentence.Array[1, 6].Select(s => string.Join(' ', s)).Array[1, 6].Select(p => string.Join("\n\n", p));
        text.Sample(
            t =>
            {
                var chunks = Chunks.Of(t, 40);
                Assert.All(chunks, c => Assert.InRange(Words.Count(c), 1, 40));
                Assert.Equal(t.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries), string.Join(' ', chunks).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            },
            iter: 200, threads: 1);
    }

    [Fact]
    public void Chunks_ScriptWithoutSpaces_AreBoundedToo()
    {
        string text = string.Concat(Enumerable.Repeat("返品の条件を教えてください", 40));
        var chunks = Chunks.Of(text, 40);
        Assert.Equal(text, string.Concat(chunks));
        Assert.All(chunks, c => Assert.InRange(Words.Count(c), 1, 41));
    }

    [Fact]
    public void Sentences_DotsInsideNumbersAndNames_EndNone() =>
        Assert.Equal(["Version 1.5 of app.exe costs 3.20", "Really", "返品", "終わり"], Sentences.Split("Version 1.5 of app.exe costs 3.20. Really? 返品。終わり"));

    [Fact]
    public void Pages_AnyText_AreReadWithoutFailing()
    {
        Gen.Int[0, 24].Array[0, 60].Sample(
            drawn =>
            {
                string[] pieces = ["<", ">", "</", "<!--", "-->", "<nav>", "<script>", "</script>", "<h1>", "</h1>", "\"", "'", "# ", "\n", "---\n", "```\n", "a", " ", "[", "](", ")", "*", "&lt;", "|--", "="];
                string text = string.Concat(drawn.Select(i => pieces[i]));
                Assert.All(HtmlPage.Read(text).Sections.Concat(MarkdownPage.Read(text).Sections), s => Assert.NotNull(s.Text));
            },
            iter: 2000, threads: 1);
    }

    [Fact]
    public void Pages_MegabytesOfMarkup_TakeNoTime()
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        foreach (string unit in new[] { "<nav>", "<", "[", "*a", "`", "<!--", "<a '", "&", "- ", "|-" })
        {
            string text = string.Concat(Enumerable.Repeat(unit, 200_000));
            HtmlPage.Read(text);
            MarkdownPage.Read(text);
            MarkdownPage.Read(string.Join('\n', Enumerable.Repeat(string.Concat(Enumerable.Repeat(unit, 500)), 50)));
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed}: some pattern takes time that grows with the square of the page");
    }
}
