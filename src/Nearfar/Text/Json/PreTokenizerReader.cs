using Nearfar.Text.PreTokenizers;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Json;

/// <summary>Reads the <c>pre_tokenizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class PreTokenizerReader
{
    public static PreTokenizer Read(TokenizerField field)
    {
        string type = field.TypeName;
        switch (type)
        {
            case "BertPreTokenizer":
                field.Only("type");
                return new BertPreTokenizer();
            case "Whitespace":
                field.Only("type");
                return new WordSplit();
            case "WhitespaceSplit":
                field.Only("type");
                return new WhitespaceSplit();
            case "CharDelimiterSplit":
                field.Only("type", "delimiter");
                return new DelimiterSplit(ReadCharacter(field.Get("delimiter")));
            case "Punctuation":
                field.Only("type", "behavior");
                return new PunctuationSplit(field.Find("behavior") is { } behavior ? ReadBehavior(behavior) : SplitBehavior.Isolated);
            case "Digits":
                field.Only("type", "individual_digits");
                return new DigitSplit(field.FlagOr("individual_digits", false));
            case "Split":
                field.Only("type", "pattern", "behavior", "invert");
                return new PatternSplit(PatternReader.Read(field.Get("pattern")), ReadBehavior(field.Get("behavior")), field.FlagOr("invert", false));
            case "ByteLevel":
                field.Only("type", "add_prefix_space", "trim_offsets", "use_regex");
                return new ByteLevelPreTokenizer(field.FlagOr("add_prefix_space", true), field.FlagOr("trim_offsets", true), field.FlagOr("use_regex", true));
            case "Metaspace":
                field.Only("type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split");
                return ReadMetaspace(field);
            case "Sequence":
                field.Only("type", "pretokenizers");
                return new SequencePreTokenizer([.. field.Get("pretokenizers").Items().Select(Read)]);
            default:
                throw field.Error($"the pre-tokenizer \"{type}\" is not supported.");
        }
    }

    private static MetaspacePreTokenizer ReadMetaspace(TokenizerField field)
    {
        string replacement = field.Find("replacement") is { } named ? ReadCharacter(named) : "\u2581";
        if (replacement.Length > 1)
        {
            throw field.Get("replacement").Error("a character of the basic plane is wanted.");
        }

        if (field.Find("str_rep") is { } text && text.Text() != replacement)
        {
            throw text.Error("a str_rep that differs from the replacement is not supported.");
        }

        // Files before 2024 say add_prefix_space instead of prepend_scheme.
        var prepend = field.FlagOr("add_prefix_space", true) ? MetaspacePrepend.Always : MetaspacePrepend.Never;
        if (field.Find("prepend_scheme") is { } scheme)
        {
            var asked = ReadScheme(scheme);
            if (prepend == MetaspacePrepend.Never && asked != MetaspacePrepend.Never)
            {
                throw scheme.Error("it contradicts add_prefix_space: false.");
            }

            prepend = asked;
        }

        return new MetaspacePreTokenizer(replacement[0], prepend, field.FlagOr("split", true));
    }

    private static MetaspacePrepend ReadScheme(TokenizerField field) => field.Text() switch
    {
        "always" => MetaspacePrepend.Always,
        "first" => MetaspacePrepend.First,
        "never" => MetaspacePrepend.Never,
        var other => throw field.Error($"always, first or never is wanted, \"{other}\" came."),
    };

    private static SplitBehavior ReadBehavior(TokenizerField field) => field.Text() switch
    {
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        var other => throw field.Error($"the behavior \"{other}\" is not supported."),
    };

    private static string ReadCharacter(TokenizerField field)
    {
        string text = field.Text();
        return CodePoints.Count(text) == 1 ? text : throw field.Error($"one character is wanted, \"{text}\" came.");
    }
}
