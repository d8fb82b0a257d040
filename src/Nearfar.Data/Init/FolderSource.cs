using System.Globalization;
using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Data.Init;

/// <summary>A folder of Markdown, HTML and text as a draft.</summary>
internal sealed class FolderSource
{
    private const double FewestWords = 3;
    private readonly InitOptions _options;
    private readonly List<Document> _documents = [];
    private readonly List<(string Title, string? Heading, List<string> Ids)> _sections = [];
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly ProblemList _problems = new();

    private FolderSource(InitOptions options) => _options = options;

    public static InitDraft Read(string folder, InitOptions options)
    {
        if (!Directory.Exists(folder))
        {
            throw new NearfarException(folder, 0, "no such folder.");
        }

        var source = new FolderSource(options);
        string[] files = [.. Files(folder).OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => f.Path)];
        foreach (string file in files)
        {
            source.AddFile(folder, file);
        }

        if (source._documents.Count == 0)
        {
            throw new NearfarException(folder, 0, $"holds no text to search: {files.Length} files end in .md, .markdown, .html, .htm or .txt.");
        }

        return source.ToDraft(folder);
    }

    private static IEnumerable<(string Path, string Name)> Files(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System | FileAttributes.ReparsePoint };
        return Directory.EnumerateFiles(folder, "*", options)
            .Select(path => (path, Name: Path.GetRelativePath(folder, path).Replace('\\', '/')))
            .Where(f => Extension(f.path) is not "" && !f.Name.Split('/').Any(p => p.StartsWith('.') || p == "node_modules"));
    }

    private static string Extension(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".md" or ".markdown" => "md",
        ".html" or ".htm" => "html",
        ".txt" => "txt",
        _ => "",
    };

    private void AddFile(string folder, string path)
    {
        string name = Path.GetRelativePath(folder, path).Replace('\\', '/');
        string text;
        try
        {
            text = new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
        }
        catch (System.Text.DecoderFallbackException)
        {
            _problems.Add(path, 0, "is not UTF-8 and was left out.");
            return;
        }

        var page = Extension(path) switch
        {
            "html" => HtmlPage.Read(text),
            "md" => MarkdownPage.Read(text),
            _ => new Page(null, null, null, [new PageSection(null, text.Replace("\r\n", "\n", StringComparison.Ordinal).Trim())]),
        };
        var attributes = Attributes(name, page);
        string title = page.Title ?? Path.GetFileNameWithoutExtension(path).Replace('-', ' ').Replace('_', ' ');
        foreach (var section in page.Sections)
        {
            AddSection(name, title, section, attributes);
        }
    }

    private static Dictionary<string, string> Attributes(string name, Page page)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal) { ["path"] = name };
        if (name.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash)
        {
            attributes["area"] = name[..slash];
        }

        if (page.Language is not null)
        {
            attributes["language"] = page.Language;
        }

        if (page.Updated is not null)
        {
            attributes["updated"] = page.Updated;
        }

        return attributes;
    }

    private void AddSection(string name, string title, PageSection section, Dictionary<string, string> attributes)
    {
        if (Words.Count(section.Text) < FewestWords)
        {
            return; // a heading above other headings, a rule, an image
        }

        string stem = Unique($"{name}#{Slugs.Of(section.Heading ?? title)}");
        var chunks = Chunks.Of(section.Text, _options.MaxWords);
        var ids = new List<string>();
        for (int i = 0; i < chunks.Count; i++)
        {
            string id = i == 0 ? stem : Unique($"{stem}-{(i + 1).ToString(CultureInfo.InvariantCulture)}");
            ids.Add(id);
            _documents.Add(new Document
            {
                Id = id,
                Title = section.Heading is null || section.Heading == title ? title : $"{title} > {section.Heading}",
                Text = chunks[i],
                Attributes = chunks.Count == 1 ? attributes : new Dictionary<string, string>(attributes, StringComparer.Ordinal) { ["group"] = stem },
            });
        }

        _sections.Add((title, section.Heading, ids));
    }

    private string Unique(string id)
    {
        string unique = id;
        for (int n = 1; !_ids.Add(unique); n++)
        {
            unique = $"{id}-{n.ToString(CultureInfo.InvariantCulture)}";
        }

        return unique;
    }

    // A heading that many pages share ("Options") asks nothing without its page.
    private IEnumerable<Pair> Questions()
    {
        var byKey = _sections.Where(s => s.Heading is not null).GroupBy(s => FoldKeys.Of(s.Heading!), StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        var asked = _sections.Select(s => (Query: s.Heading is null ? s.Title : byKey[FoldKeys.Of(s.Heading)] == 1 || s.Heading == s.Title ? s.Heading : $"{s.Title}: {s.Heading}", s.Ids));
        foreach (var question in asked.GroupBy(q => FoldKeys.Of(q.Query), StringComparer.Ordinal))
        {
            string first = question.First().Ids[0];
            yield return new Pair
            {
                Id = "q-" + first,
                Query = question.First().Query,
                PositiveIds = [.. question.SelectMany(q => q.Ids)],
                Provenance = new Provenance { Source = "synthetic", DocumentId = first, Rule = "heading of the document" },
            };
        }
    }

    private InitDraft ToDraft(string folder) => new()
    {
        Documents = _documents,
        Questions = [.. Questions()],
        Sentences = [.. _documents.Select(Sentences.Of).OfType<Pair>()],
        TrainsOnAllSentences = true,
        Cohorts = CohortLines.Of(_documents, _options.AsOf),
        Comments =
        [
            $"Made from the pages of {Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))}.",
            "The questions are SYNTHETIC: headings, and in training sentences of the pages (provenance: synthetic). People ask otherwise:",
            "a passed gate says that headings find their pages, no more. Put questions that people asked into dev.jsonl and gate.jsonl.",
        ],
        Skipped = _problems.Count,
        Problems = _problems.Shown,
    };
}
