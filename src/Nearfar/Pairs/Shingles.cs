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
    /// <summary>Texts of at least this Jaccard similarity are near-duplicates.</summary>
    public const double NearDuplicate = 0.8;

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

    /// <summary>Shared shingles over all shingles, 0 to 1.</summary>
    public static double Jaccard(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b)
    {
        int i = 0, j = 0, shared = 0;
        while (i < a.Length && j < b.Length)
        {
            if (a[i] == b[j])
            {
                (i, j, shared) = (i + 1, j + 1, shared + 1);
            }
            else if (a[i] < b[j])
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return (double)shared / (a.Length + b.Length - shared);
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
        string folded = Normalization.Nfkc(text).ToLowerInvariant();
        var units = new List<ulong>(folded.Length / 5);
        int start = -1;
        int i = 0;
        while (i < folded.Length)
        {
            Rune.DecodeFromUtf16(folded.AsSpan(i), out var rune, out int length);
            bool unspaced = Words.IsUnspaced(rune.Value);
            if (start >= 0 && (unspaced || !IsWord(rune)))
            {
                units.Add(HashOf(folded.AsSpan(start, i - start)));
                start = -1;
            }

            if (unspaced)
            {
                units.Add(HashOf(folded.AsSpan(i, length)));
            }
            else if (start < 0 && IsWord(rune))
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

    private static bool IsWord(Rune rune) => Rune.IsLetterOrDigit(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

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
