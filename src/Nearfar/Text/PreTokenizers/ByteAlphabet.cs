using System.Text;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.PreTokenizers;

/// <summary>The 256 printable characters that stand for bytes in byte-level vocabularies.</summary>
/// <remarks>Radford et al. 2019, GPT-2: printable Latin-1 bytes stand for themselves, the others for U+0100 and on, in order.</remarks>
internal static class ByteAlphabet
{
    private static readonly char[] s_characters = Build();

    public static ReadOnlySpan<char> Characters => s_characters;

    public static void Append(ReadOnlySpan<char> text, CharBuffer into)
    {
        Span<byte> bytes = stackalloc byte[4];
        while (!text.IsEmpty)
        {
            int c = CodePoints.Next(ref text);
            if (c < 0x80)
            {
                into.Add(s_characters[c]);
                continue;
            }

            foreach (byte b in bytes[..new Rune(c).EncodeToUtf8(bytes)])
            {
                into.Add(s_characters[b]);
            }
        }
    }

    private static char[] Build()
    {
        var characters = new char[256];
        char next = '\u0100';
        for (int b = 0; b < 256; b++)
        {
            characters[b] = b is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : next++;
        }

        return characters;
    }
}
