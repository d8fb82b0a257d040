using System.Text.Json;
using Nearfar.Text.Models;
using Nearfar.Text.Normalizers;
using Nearfar.Text.PreTokenizers;

namespace Nearfar.Text.Json;

/// <summary>Reads a <c>tokenizer.json</c>; refuses what we cannot do, by file and JSON path.</summary>
internal static class TokenizerReader
{
    private const int Deepest = 64;

    public static TokenizerParts Read(ReadOnlyMemory<byte> json, string file)
    {
        if (json.Span.StartsWith("\uFEFF"u8))
        {
            json = json[3..];
        }

        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = Deepest, AllowDuplicateProperties = false });
            return Read(new TokenizerField(document.RootElement, file, "$"));
        }
        catch (JsonException e)
        {
            throw new NearfarException(file, (e.LineNumber ?? -1) + 1, $"a tokenizer.json is wanted; this is no valid JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new NearfarException(file, 0, "a tokenizer.json is wanted; in this one a name holds half a surrogate pair.", e);
        }
    }

    private static TokenizerParts Read(TokenizerField root)
    {
        root.Only("version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model");
        if (root.TextOrNull("version") is { } version && version != "1.0")
        {
            throw root.Get("version").Error($"version \"1.0\" is wanted, \"{version}\" came.");
        }

        var model = ModelReader.Read(root.Get("model"));
        var added = ReadAddedTokens(root, model.Vocabulary);
        int size = Math.Max(model.Vocabulary.Size, added.Select(t => t.Id + 1).DefaultIfEmpty().Max());
        return new TokenizerParts(model)
        {
            AddedTokens = added,
            Normalizer = root.Find("normalizer") is { } normalizer ? NormalizerReader.Read(normalizer) : null,
            PreTokenizer = root.Find("pre_tokenizer") is { } preTokenizer ? PreTokenizerReader.Read(preTokenizer) : null,
            Template = root.Find("post_processor") is { } template ? TemplateReader.Read(template, size) : null,
            Truncation = Kept(root, "truncation"),
            Padding = Kept(root, "padding"),
            Decoder = Kept(root, "decoder"),
        };
    }

    private static JsonElement? Kept(TokenizerField root, string name)
    {
        if (root.Find(name) is not { } field)
        {
            return null;
        }

        return field.Element.ValueKind == JsonValueKind.Object
            ? Cloned(field)
            : throw field.Error($"an object or null is wanted, {field.Element.ValueKind} came.");
    }

    /// <summary>A copy that outlives the document; its strings are known to be whole.</summary>
    public static JsonElement Cloned(TokenizerField field)
    {
        try
        {
            TokenizerField.WriteSorted(field.Element, new CanonicalJson());
        }
        catch (InvalidOperationException)
        {
            throw field.Error("a string holds half a surrogate pair.");
        }

        return field.Element.Clone();
    }

    private static List<AddedToken> ReadAddedTokens(TokenizerField root, Vocabulary vocabulary)
    {
        var tokens = new List<AddedToken>();
        var ids = new SortedSet<int>();
        var contents = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in root.Find("added_tokens")?.Items() ?? [])
        {
            item.Only("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
            bool special = item.FlagOr("special", false);
            var token = new AddedToken(item.Get("id").Whole(0, ModelReader.HighestId), item.Get("content").Text(), item.FlagOr("single_word", false),
                item.FlagOr("lstrip", false), item.FlagOr("rstrip", false), item.FlagOr("normalized", !special), special);
            if (token.Content.Length == 0)
            {
                throw item.Error("an added token may not be empty.");
            }

            if (ids.Contains(token.Id) || !contents.Add(token.Content))
            {
                throw item.Error($"the id {token.Id} or the content \"{token.Content}\" stands twice among the added tokens.");
            }

            // What the vocabulary does not know takes the next free id, whatever the file says; a file that says otherwise is refused.
            int wanted = vocabulary.IdOf(token.Content) ?? Math.Max(vocabulary.Count, ids.Max + 1);
            if (token.Id != wanted || (vocabulary.TokenOf(token.Id) is { } other && other != token.Content))
            {
                throw item.Error($"\"{token.Content}\" must have id {wanted} behind this vocabulary, {token.Id} came.");
            }

            ids.Add(token.Id);
            tokens.Add(token);
        }

        return tokens;
    }
}
