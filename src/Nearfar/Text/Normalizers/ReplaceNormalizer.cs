using Nearfar.Text.Json;
using Nearfar.Text.Patterns;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Normalizers;

/// <summary>Puts a fixed text in the place of each match.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : Normalizer
{
    public override void Apply(ReadOnlySpan<char> text, TokenizerScratch scratch, CharBuffer into)
    {
        int from = 0;
        int search = 0;
        while (search <= text.Length && pattern.TryFind(text, search, scratch, out int start, out int length))
        {
            if (length == 0)
            {
                search = start + 1;     // an empty match replaces nothing
                continue;
            }

            into.Add(text[from..start]);
            into.Add(content);
            from = search = start + length;
        }

        into.Add(text[from..]);
    }

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "Replace");
        json.Name("pattern");
        pattern.Write(json);
        json.Member("content", content);
    }
}
