namespace Nearfar.Data;

/// <summary>Reads the section <c>tokenizer</c>, which only an encoder that starts from nothing may have.</summary>
internal static class TokenizerReader
{
    public static TokenizerSettings? Read(YamlSection? section, EncoderSettings encoder, YamlSection root, WorkspacePaths paths)
    {
        if (section is null)
        {
            return null;
        }

        var tokenizer = new TokenizerSettings
        {
            Train = section.OneOf("train", "wordpiece", "bpe", "unigram"),
            Size = section.Integer("size", 100, 1_000_000),
            From = paths.Of(section, "from"),
        };
        if (section.Has("train") == section.Has("from"))
        {
            section.Problem("train", section.Has("train") ? "and from exclude each other. Keep one." : "or from is wanted.");
        }

        if (tokenizer is { Size: not null, From: not null })
        {
            section.Problem("size", "belongs to a tokenizer that is trained; this one comes from a file.");
        }

        section.Done();
        if (encoder.Provider is not null)
        {
            root.Problem("tokenizer", $"{encoder.Kind} has its own, which is not here. Remove this section.");
        }

        if (encoder.From is not null)
        {
            root.Problem("tokenizer", "encoder.from brings a tokenizer of its own. Remove this section or encoder.from.");
        }

        return tokenizer;
    }
}
