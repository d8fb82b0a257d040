using System.Globalization;
using System.Text;

namespace Nearfar.Text.Models;

/// <summary>The tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> that spell a character which no piece covers.</summary>
internal static class ByteFallback
{
    public static readonly int[] None = [.. Enumerable.Repeat(-1, 256)];

    public static string TokenOf(int value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    /// <summary>The id of each byte's token, or -1.</summary>
    public static int[] IdsOf(Vocabulary vocabulary) => [.. Enumerable.Range(0, 256).Select(b => vocabulary.IdOf(TokenOf(b)) ?? -1)];

    /// <summary>Whether each byte of a text has a token.</summary>
    public static bool AllKnown(int[] ids, ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            foreach (byte b in bytes[..rune.EncodeToUtf8(bytes)])
            {
                if (ids[b] < 0)
                {
                    return false;
                }
            }
        }

        return true;
    }
}
