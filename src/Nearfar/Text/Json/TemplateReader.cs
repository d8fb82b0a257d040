namespace Nearfar.Text.Json;

/// <summary>Reads the <c>post_processor</c> of a <c>tokenizer.json</c>.</summary>
internal static class TemplateReader
{
    public static TokenTemplate Read(TokenizerField field, int vocabularySize)
    {
        var (before, behind) = ReadIds(field, vocabularySize);
        return new TokenTemplate(before, behind, TokenizerReader.Cloned(field));
    }

    private static (List<int> Before, List<int> Behind) ReadIds(TokenizerField field, int size)
    {
        string type = field.TypeName;
        switch (type)
        {
            case "TemplateProcessing":
                field.Only("type", "single", "pair", "special_tokens");
                return ReadTemplate(field, size);
            case "BertProcessing":
                field.Only("type", "sep", "cls");
                return ([ReadNamed(field.Get("cls"), size)], [ReadNamed(field.Get("sep"), size)]);
            case "RobertaProcessing":
                field.Only("type", "sep", "cls", "trim_offsets", "add_prefix_space");
                return ([ReadNamed(field.Get("cls"), size)], [ReadNamed(field.Get("sep"), size)]);
            case "ByteLevel":
                field.Only("type", "add_prefix_space", "trim_offsets", "use_regex");     // changes offsets only, and we give none
                return ([], []);
            case "Sequence":
                field.Only("type", "processors");
                return ReadSequence(field, size);
            default:
                throw field.Error($"the post-processor \"{type}\" is not supported.");
        }
    }

    private static (List<int> Before, List<int> Behind) ReadSequence(TokenizerField field, int size)
    {
        List<int> before = [], behind = [];
        foreach (var part in field.Get("processors").Items())
        {
            var (outerBefore, outerBehind) = ReadIds(part, size);
            before.InsertRange(0, outerBefore);
            behind.AddRange(outerBehind);
        }

        return (before, behind);
    }

    private static int ReadNamed(TokenizerField field, int size)
    {
        var items = field.Items().ToArray();
        if (items.Length != 2)
        {
            throw field.Error("a token and its id are wanted.");
        }

        items[0].Text();
        return items[1].Whole(0, size - 1);
    }

    private static (List<int> Before, List<int> Behind) ReadTemplate(TokenizerField field, int size)
    {
        var special = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        foreach (var token in field.Find("special_tokens")?.Members() ?? [])
        {
            token.Only("id", "ids", "tokens");
            special.Add(token.Get("id").Text(), [.. token.Get("ids").Items().Select(id => id.Whole(0, size - 1))]);
        }

        List<int> before = [], behind = [];
        bool seen = false;
        foreach (var piece in field.Get("single").Items())
        {
            piece.Only("SpecialToken", "Sequence");
            if (piece.Find("SpecialToken") is { } token)
            {
                string name = token.Get("id").Text();
                (seen ? behind : before).AddRange(special.TryGetValue(name, out var ids)
                    ? ids
                    : throw token.Error($"\"{name}\" is not among the special_tokens."));
            }
            else if (piece.Get("Sequence").Get("id").Text() != "A" || seen)
            {
                throw piece.Error("the template of one text wants the sequence A, once.");
            }
            else
            {
                seen = true;
            }
        }

        return seen ? (before, behind) : throw field.Get("single").Error("the template of one text wants the sequence A, once.");
    }
}
