using Nearfar.Text.Patterns;

namespace Nearfar.Text.Json;

/// <summary>Reads the <c>pattern</c> of a Split or a Replace.</summary>
internal static class PatternReader
{
    public static TextPattern Read(TokenizerField field)
    {
        field.Only("String", "Regex");
        if (field.Find("Regex") is not { } regex)
        {
            string literal = field.Get("String").Text();
            return literal.Length > 0 ? new LiteralPattern(literal) : throw field.Error("an empty pattern finds nothing.");
        }

        try
        {
            return new RegexPattern(regex.Text());
        }
        catch (FormatException e)
        {
            throw regex.Error($"the regular expression is not supported: {e.Message}.");
        }
    }
}
