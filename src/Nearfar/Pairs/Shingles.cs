using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Nearfar.Text;
using Nearfar.Text.Unicode;

namespace Nearfar.Pairs;

/// <summary>A text as the set of its runs of five words (five characters where the script writes no spaces), each as a 32-bit hash.</summary>
/// <remarks>Broder 1997, "On the resemblance and containment of documents". A text shorter than five units is one shingle.</remarks>
internal static class Shingles
{
    private const int Length = 5;

    /// <returns>Ascending and distinct, never empty: equal texts without any word are equal shingles.</returns>
    public static uint[] Of(string text)
    {
        var units = Units(text);
        if (units.Count == 0)
        {
            return [(uint)HashOf(FoldKeys.Of(text))];
        }

        var shingles = new uint[Math.Max(1, units.Count - Length + 1)];
        for (int i = 0; i < shingles.Length; i++)
        {
            ulong hash = 0;
            for (int j = i; j < Math.Min(i + Length, units.Count); j++)
            {
                hash = Mix((hash * 31) + units[j]);
            }

            shingles[i] = (uint)(hash >> 32);
        }

        Array.Sort(shingles);
        int kept = 1;
        for (int i = 1; i < shingles.Length; i++)
        {
            if (shingles[i] != shingles[kept - 1])
            {
                shingles[kept++] = shingles[i];
            }
        }

        return shingles[..kept];
    }

    /// <summary>Whether the Jaccard similarity is at least .8; gives up as soon as too many shingles are not shared.</summary>
    public static bool AreNear(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b)
    {
        // shared / (a + b - shared) >= 4/5 is 9 shared >= 4 (a + b): no rounding at the limit.
        int needed = ((4 * (a.Length + b.Length)) + 8) / 9;
        int allowed = a.Length + b.Length - (2 * needed);
        int i = 0, j = 0;
        while (i < a.Length && j < b.Length && allowed >= 0)
        {
            if (a[i] == b[j])
            {
                (i, j) = (i + 1, j + 1);
                continue;
            }

            allowed--;
            _ = a[i] < b[j] ? i++ : j++;
        }

        return allowed >= a.Length - i + b.Length - j;
    }

    /// <summary>128 bits that equal sets share and, but for chance, no others.</summary>
    public static Int128 KeyOf(ReadOnlySpan<uint> set)
    {
        ulong low = 0, high = (ulong)set.Length;
        foreach (uint shingle in set)
        {
            low = Mix((low * 31) + shingle);
            high = Mix((high * 37) ^ shingle);
        }

        return new Int128(high, low);
    }

    /// <summary>Finaliser of MurmurHash3 (Appleby, public domain): every input bit reaches every output bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 33)) * 0xFF51AFD7ED558CCDUL;
        x = (x ^ (x >> 33)) * 0xC4CEB9FE1A85EC53UL;
        return x ^ (x >> 33);
    }

    private static List<ulong> Units(string text)
    {
        string folded = Normalization.NfkcLower(text);
        var units = new List<ulong>(folded.Length / 5);
        int start = -1;
        int i = 0;
        while (i < folded.Length)
        {
            Rune.DecodeFromUtf16(folded.AsSpan(i), out var rune, out int length);
            bool unspaced = !rune.IsAscii && Words.IsUnspaced(rune.Value);
            bool word = rune.IsAscii ? char.IsAsciiLetterOrDigit((char)rune.Value) : IsWord(rune);
            if (start >= 0 && (unspaced || !word))
            {
                units.Add(HashOf(folded.AsSpan(start, i - start)));
                start = -1;
            }

            if (unspaced)
            {
                units.Add(HashOf(folded.AsSpan(i, length)));
            }
            else if (start < 0 && word)
            {
                start = i;
            }

            i += length;
        }

        if (start >= 0)
        {
            units.Add(HashOf(folded.AsSpan(start)));
        }

        return units;
    }

    private static bool IsWord(Rune rune) => UnicodeTables.IsLetter(rune.Value) || UnicodeTables.CategoryOf(rune.Value) is UnicodeCategory.DecimalDigitNumber
        or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    // FNV-1a over UTF-16 units: the same on every machine.
    private static ulong HashOf(ReadOnlySpan<char> text)
    {
        ulong hash = 14695981039346656037UL;
        foreach (char c in text)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        return Mix(hash);
    }
}
