using System.Text;

namespace Nearfar.Text.Unicode;

/// <summary>The four normalization forms of UAX #15 over our own tables.</summary>
internal static class Normalization
{
    // Hangul syllables follow a formula (UAX #15, section 3.12 of the standard) instead of tables.
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, VCount = 21, TCount = 28, SCount = 11172;

    /// <summary>Appends the full decomposition of one code point; marks are not yet in canonical order.</summary>
    public static void Decompose(int codePoint, bool compatibility, CodePointBuffer into)
    {
        int syllable = codePoint - SBase;
        if ((uint)syllable < SCount)
        {
            into.Add(LBase + (syllable / (VCount * TCount)));
            into.Add(VBase + (syllable % (VCount * TCount) / TCount));
            if (syllable % TCount != 0)
            {
                into.Add(TBase + (syllable % TCount));
            }

            return;
        }

        var members = codePoint < 0xA0 ? [] : UnicodeTables.DecompositionOf(codePoint, compatibility);
        if (members.IsEmpty)
        {
            into.Add(codePoint);
            return;
        }

        foreach (int member in members)
        {
            Decompose(member, compatibility, into);     // at most four levels deep in any version of the database
        }
    }

    /// <summary>Sorts each run of marks by combining class, stably (UAX #15, canonical ordering).</summary>
    public static void Reorder(Span<int> codePoints)
    {
        for (int i = 1; i < codePoints.Length; i++)
        {
            int moved = codePoints[i];
            if (moved < 0x300)
            {
                continue;
            }

            int order = UnicodeTables.ClassOf(moved);
            int k = i;
            while (order != 0 && k > 0 && UnicodeTables.ClassOf(codePoints[k - 1]) > order)
            {
                codePoints[k] = codePoints[k - 1];
                k--;
            }

            codePoints[k] = moved;
        }
    }

    /// <summary>Composes a decomposed, ordered sequence in place (UAX #15, canonical composition).</summary>
    /// <returns>The new length.</returns>
    public static int Compose(Span<int> codePoints)
    {
        int starter = -1;
        int length = 0;
        int lastClass = 0;
        foreach (int c in codePoints)
        {
            int order = UnicodeTables.ClassOf(c);
            if (starter >= 0 && (length == starter + 1 || (lastClass != 0 && lastClass < order)))
            {
                int composite = Pair(codePoints[starter], c);
                if (composite >= 0)
                {
                    codePoints[starter] = composite;
                    continue;
                }
            }

            if (order == 0)
            {
                starter = length;
            }

            lastClass = order;
            codePoints[length++] = c;
        }

        return length;
    }

    /// <summary>A text in compatibility composition, whatever the runtime's globalization mode; lone surrogates become U+FFFD.</summary>
    public static string Nfkc(string text)
    {
        if (System.Text.Ascii.IsValid(text))
        {
            return text;
        }

        var into = new CharBuffer();
        Append(text, NormalizationForm.FormKC, new CodePointBuffer(), into);
        return into.Span.ToString();
    }

    /// <summary>A text in compatibility composition, each letter in lower case, whatever the runtime's globalization mode.</summary>
    /// <remarks>ICU and the runtime's own tables disagree on letters of newer Unicode versions: a fold key must not change with the machine.</remarks>
    public static string NfkcLower(string text)
    {
        if (System.Text.Ascii.IsValid(text))
        {
            return text.ToLowerInvariant();
        }

        var into = new CharBuffer();
        ReadOnlySpan<char> rest = Nfkc(text);
        while (!rest.IsEmpty)
        {
            into.AddCodePoint(UnicodeTables.ToLower(CodePoints.Next(ref rest)));
        }

        return into.Span.ToString();
    }

    /// <summary>Appends a text in a normalization form.</summary>
    public static void Append(ReadOnlySpan<char> text, NormalizationForm form, CodePointBuffer scratch, CharBuffer into)
    {
        if (System.Text.Ascii.IsValid(text))
        {
            into.Add(text);
            return;
        }

        bool compatibility = form is NormalizationForm.FormKC or NormalizationForm.FormKD;
        scratch.Clear();
        while (!text.IsEmpty)
        {
            Decompose(CodePoints.Next(ref text), compatibility, scratch);
        }

        var codePoints = scratch.Span;
        Reorder(codePoints);
        int length = form is NormalizationForm.FormC or NormalizationForm.FormKC ? Compose(codePoints) : codePoints.Length;
        foreach (int c in codePoints[..length])
        {
            into.AddCodePoint(c);
        }
    }

    private static int Pair(int first, int second)
    {
        if ((uint)(first - LBase) < 19 && (uint)(second - VBase) < VCount)
        {
            return SBase + ((((first - LBase) * VCount) + (second - VBase)) * TCount);
        }

        if ((uint)(first - SBase) < SCount && (first - SBase) % TCount == 0 && (uint)(second - TBase - 1) < TCount - 1)
        {
            return first + (second - TBase);
        }

        return UnicodeTables.Compose(first, second);
    }
}
