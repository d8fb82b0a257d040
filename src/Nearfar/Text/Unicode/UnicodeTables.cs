using System.Buffers.Text;
using System.Globalization;
using System.IO.Compression;

namespace Nearfar.Text.Unicode;

/// <summary>
/// Our own copy of the Unicode properties that tokenising needs, so that token ids depend neither on the ICU of the machine nor on
/// <c>InvariantGlobalization</c>, under which the platform's <c>Normalize</c> leaves text beyond ASCII as it is, silently.
/// </summary>
/// <remarks>
/// Published tokenizers were trained and are run with one library, whose parts froze Unicode at versions of their own; where ids depend on it
/// we keep to them (found by trying every code point): 8 for BERT's marks, controls and punctuation, 9 for StripAccents, 11 for the
/// normalization forms. Letters, numbers and lower case follow the version of the tables.
/// </remarks>
internal static partial class UnicodeTables
{
    private static readonly CodePointTable<byte> s_categories = new();
    private static readonly CodePointTable<byte> s_classes = new();
    private static readonly CodePointTable<ushort> s_decompositions = new();    // 0: none, else 1 + place of the header in s_members
    private static readonly CodePointTable<int> s_lower = new();                // difference to the code point
    private static readonly int[] s_members;                                    // header 2 * length + is compatibility, then code points
    private static readonly Dictionary<long, int> s_compositions = [];

    static UnicodeTables()
    {
        var reader = new PackedNumbers(Unpack());
        for (int code = 0; code < 0x110000;)
        {
            byte category = (byte)reader.Next();
            int length = reader.Next();
            s_categories.Set(code, length, category);
            code += length;
        }

        for (int n = reader.Next(), code = 0; n > 0; n--)
        {
            s_classes.Set(code += reader.Next(), 1, (byte)reader.Next());
        }

        s_members = ReadDecompositions(ref reader);
        for (int n = reader.Next(), code = 0; n > 0; n--)
        {
            s_lower.Set(code += reader.Next(), 1, reader.NextSigned());
        }
    }

    public static UnicodeCategory CategoryOf(int codePoint) => (UnicodeCategory)(s_categories[codePoint] & 31);

    /// <summary>The canonical combining class; 0 for starters.</summary>
    public static int ClassOf(int codePoint) => s_classes[codePoint];

    /// <summary>Simple lower case of one code point; U+0130 lowers to two, see <see cref="CapitalDottedI"/>.</summary>
    public static int ToLower(int codePoint) => codePoint + s_lower[codePoint];

    /// <summary>İ: the one code point whose full lower case, i and U+0307, is longer than the simple one.</summary>
    public const int CapitalDottedI = 0x130;

    /// <summary>The decomposition of one step; empty when there is none.</summary>
    public static ReadOnlySpan<int> DecompositionOf(int codePoint, bool compatibility)
    {
        int at = s_decompositions[codePoint];
        if (at == 0 || ((s_members[at - 1] & 1) != 0 && !compatibility))
        {
            return [];
        }

        return s_members.AsSpan(at, s_members[at - 1] >> 1);
    }

    /// <summary>The primary composite of two code points, or -1.</summary>
    public static int Compose(int first, int second) => s_compositions.GetValueOrDefault(Key(first, second), -1);

    /// <summary>The White_Space property.</summary>
    public static bool IsWhiteSpace(int c) => c is ' ' or (>= 0x9 and <= 0xD) or 0x85 or 0xA0 or 0x1680 or (>= 0x2000 and <= 0x200A)
        or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000;

    public static bool IsLetter(int c) => CategoryOf(c) <= UnicodeCategory.OtherLetter;

    public static bool IsNumber(int c) =>
        CategoryOf(c) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>Marks of all kinds, as normalizers take them: those of Unicode 9.</summary>
    public static bool IsMark(int c) =>
        (AgeOf(c) <= 1 && c != 0x111C9
            && CategoryOf(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark)
        || c is 0x1CF2 or 0x1CF3;

    /// <summary>Nonspacing marks as BertNormalizer takes them: those of Unicode 8.</summary>
    public static bool IsBertMark(int c) =>
        (AgeOf(c) == 0 && CategoryOf(c) == UnicodeCategory.NonSpacingMark && c is not (0x1885 or 0x1886 or 0xA9BD or 0x111C9)) || c == 0x1734;

    /// <summary>Controls, format characters and private use as BertNormalizer takes them: those of Unicode 8.</summary>
    public static bool IsBertControl(int c) =>
        AgeOf(c) == 0 && CategoryOf(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse;

    /// <summary>ASCII characters that are neither letters nor digits nor controls nor space, and category P of Unicode 8.</summary>
    public static bool IsBertPunctuation(int c)
    {
        if (c < 0x80)
        {
            return c is (> ' ' and < '0') or (> '9' and < 'A') or (> 'Z' and < 'a') or (> 'z' and < 0x7F);
        }

        return (AgeOf(c) == 0 && CategoryOf(c) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation)
            || c is 0x166D or 0x111C9;
    }

    /// <summary>UTS #18 word characters: letters, marks, decimal digits, letter numbers, connectors, joiners, circled and squared letters.</summary>
    public static bool IsWord(int c) => CategoryOf(c) is <= UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation
        || c is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169)
            or (>= 0x1F170 and <= 0x1F189);

    // 0: assigned in Unicode 8 or not at all, 1: in 9, 2: in 10 or 11, 3: later.
    private static int AgeOf(int c) => s_categories[c] >> 5;

    private static long Key(int first, int second) => ((long)first << 21) | (uint)second;

    private static int[] ReadDecompositions(ref PackedNumbers reader)
    {
        var members = new List<int>();
        var pairs = new List<(int Composite, int First, int Second)>();
        for (int n = reader.Next(), code = 0; n > 0; n--)
        {
            code += reader.Next();
            int header = reader.Next();
            members.Add(header);
            s_decompositions.Set(code, 1, checked((ushort)members.Count));
            for (int k = 0; k < header >> 1; k++)
            {
                members.Add(code + reader.NextSigned());
            }

            if (header == 4)
            {
                pairs.Add((code, members[^2], members[^1]));
            }
        }

        var excluded = new HashSet<int>();
        for (int n = reader.Next(), code = 0; n > 0; n--)
        {
            excluded.Add(code += reader.Next());
        }

        // UAX #15: singletons and what starts with a non-starter never compose either.
        foreach (var (composite, first, second) in pairs)
        {
            if (!excluded.Contains(composite) && ClassOf(composite) == 0 && ClassOf(first) == 0)
            {
                s_compositions.Add(Key(first, second), composite);
            }
        }

        return [.. members];
    }

    private static byte[] Unpack()
    {
        byte[] packed = new byte[Base64.GetMaxDecodedFromUtf8Length(Packed.Length)];
        Base64.DecodeFromUtf8(Packed, packed, out _, out int written);
        using var stream = new ZLibStream(new MemoryStream(packed, 0, written), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        stream.CopyTo(plain);
        return plain.ToArray();
    }

    private ref struct PackedNumbers(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public int Next()
        {
            int value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte b = _rest[0];
                _rest = _rest[1..];
                value |= (b & 0x7F) << shift;
                if (b < 0x80)
                {
                    return value;
                }
            }
        }

        public int NextSigned()
        {
            int value = Next();
            return (value >> 1) ^ -(value & 1);
        }
    }
}
