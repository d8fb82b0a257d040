namespace Nearfar.Text.Unicode;

/// <summary>Code points of UTF-16 text; a lone surrogate counts as U+FFFD.</summary>
internal static class CodePoints
{
    public const int Replacement = 0xFFFD;

    /// <summary>The first code point of a text that is not empty, and how many characters it takes.</summary>
    public static int At(ReadOnlySpan<char> text, out int length)
    {
        char first = text[0];
        length = 1;
        if (!char.IsSurrogate(first))
        {
            return first;
        }

        if (char.IsHighSurrogate(first) && text.Length > 1 && char.IsLowSurrogate(text[1]))
        {
            length = 2;
            return char.ConvertToUtf32(first, text[1]);
        }

        return Replacement;
    }

    /// <summary>Takes the first code point off a text that is not empty.</summary>
    public static int Next(ref ReadOnlySpan<char> text)
    {
        int codePoint = At(text, out int length);
        text = text[length..];
        return codePoint;
    }

    /// <summary>The last code point of a text that is not empty, and how many characters it takes.</summary>
    public static int Last(ReadOnlySpan<char> text, out int length)
    {
        char last = text[^1];
        length = 1;
        if (!char.IsSurrogate(last))
        {
            return last;
        }

        if (char.IsLowSurrogate(last) && text.Length > 1 && char.IsHighSurrogate(text[^2]))
        {
            length = 2;
            return char.ConvertToUtf32(text[^2], last);
        }

        return Replacement;
    }

    public static int Count(ReadOnlySpan<char> text)
    {
        int count = 0;
        while (!text.IsEmpty)
        {
            Next(ref text);
            count++;
        }

        return count;
    }
}
