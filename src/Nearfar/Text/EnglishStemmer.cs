using System.Buffers;

namespace Nearfar.Text;

/// <summary>English stems by Porter's second algorithm ("Porter2"), so that keyword search finds inflections.</summary>
/// <remarks>Porter 2001, snowballstem.org/algorithms/english/stemmer.html.</remarks>
internal static class EnglishStemmer
{
    private static readonly Dictionary<string, string> s_exceptions = new (string Word, string Stem)[]
    {
        ("skis", "ski"), ("skies", "sky"), ("dying", "die"), ("lying", "lie"), ("tying", "tie"), ("idly", "idl"), ("gently", "gentl"), ("ugly", "ugli"),
        ("early", "earli"), ("only", "onli"), ("singly", "singl"), ("sky", "sky"), ("news", "news"), ("howe", "howe"), ("atlas", "atlas"),
        ("cosmos", "cosmos"), ("bias", "bias"), ("andes", "andes"),
    }.ToDictionary(e => e.Word, e => e.Stem, StringComparer.Ordinal);

    private static readonly SearchValues<char> s_letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz'\u2019");

    private static readonly HashSet<string> s_stopAfterPlural = new(StringComparer.Ordinal) { "inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed" };

    // The longest ending that fits decides, whether or not it is then replaced.
    private static readonly (string Ending, string By)[] s_second = Longest(
        ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("abli", "able"), ("entli", "ent"), ("izer", "ize"), ("ization", "ize"),
        ("ational", "ate"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("aliti", "al"), ("alli", "al"), ("fulness", "ful"),
        ("ousli", "ous"), ("ousness", "ous"), ("iveness", "ive"), ("iviti", "ive"), ("biliti", "ble"), ("bli", "ble"), ("ogi", "og"),
        ("fulli", "ful"), ("lessli", "less"), ("li", ""));

    private static readonly (string Ending, string By)[] s_third = Longest(
        ("tional", "tion"), ("ational", "ate"), ("alize", "al"), ("icate", "ic"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""), ("ative", ""));

    private static readonly (string Ending, string By)[] s_fourth = Longest(
        ("al", ""), ("ance", ""), ("ence", ""), ("er", ""), ("ic", ""), ("able", ""), ("ible", ""), ("ant", ""), ("ement", ""), ("ment", ""),
        ("ent", ""), ("ism", ""), ("ate", ""), ("iti", ""), ("ous", ""), ("ive", ""), ("ize", ""), ("ion", ""));

    /// <summary>The words of <see cref="Words.Split"/>, those of Latin letters stemmed.</summary>
    public static void Split(ReadOnlySpan<char> text, List<string> into)
    {
        int start = into.Count;
        Words.Split(text, into);
        for (int i = start; i < into.Count; i++)
        {
            into[i] = Stem(into[i]);
        }
    }

    /// <summary>The stem of a lower-case word; a word with other characters than a to z and apostrophes is its own.</summary>
    public static string Stem(string word)
    {
        if (word.Length <= 2 || word.AsSpan().ContainsAnyExcept(s_letters))
        {
            return word;
        }

        string w = word.Replace('\u2019', '\'').TrimStart('\'');
        if (s_exceptions.TryGetValue(w, out string? stem))
        {
            return stem;
        }

        w = MarkConsonantY(w);
        int r1 = FirstRegion(w);
        int r2 = RegionFrom(w, r1);
        w = Plural(Possessive(w));
        if (s_stopAfterPlural.Contains(w))
        {
            return w;
        }

        w = FinalY(Participle(w, r1));
        w = Replace(w, s_second, (end, ending) => end >= r1 && (ending != "ogi" || w[end - 1] == 'l') && (ending != "li" || (end > 0 && "cdeghkmnrt".Contains(w[end - 1]))));
        w = Replace(w, s_third, (end, ending) => end >= (ending == "ative" ? r2 : r1));
        w = Replace(w, s_fourth, (end, ending) => end >= r2 && (ending != "ion" || (end > 0 && w[end - 1] is 's' or 't')));
        return LastLetter(w, r1, r2).Replace('Y', 'y');
    }

    private static (string, string)[] Longest(params (string Ending, string By)[] endings) => [.. endings.OrderByDescending(e => e.Ending.Length)];

    private static bool IsVowel(char c) => c is 'a' or 'e' or 'i' or 'o' or 'u' or 'y';

    // A y that begins the word or follows a vowel sounds as a consonant: Y.
    private static string MarkConsonantY(string w)
    {
        char[] marked = w.ToCharArray();
        for (int i = 0; i < marked.Length; i++)
        {
            if (marked[i] == 'y' && (i == 0 || IsVowel(marked[i - 1])))
            {
                marked[i] = 'Y';
            }
        }

        return new string(marked);
    }

    private static int FirstRegion(string w)
    {
        foreach (string prefix in new[] { "gener", "commun", "arsen" })
        {
            if (w.StartsWith(prefix, StringComparison.Ordinal))
            {
                return prefix.Length;
            }
        }

        return RegionFrom(w, 0);
    }

    // Behind the first consonant that follows a vowel, from a place on.
    private static int RegionFrom(string w, int start)
    {
        for (int i = start + 1; i < w.Length; i++)
        {
            if (!IsVowel(w[i]) && IsVowel(w[i - 1]))
            {
                return i + 1;
            }
        }

        return w.Length;
    }

    private static string Possessive(string w) =>
        w.EndsWith("'s'", StringComparison.Ordinal) ? w[..^3] : w.EndsWith("'s", StringComparison.Ordinal) ? w[..^2] : w.TrimEnd('\'');

    private static string Plural(string w)
    {
        if (w.EndsWith("sses", StringComparison.Ordinal))
        {
            return w[..^2];
        }

        if (w.EndsWith("ied", StringComparison.Ordinal) || w.EndsWith("ies", StringComparison.Ordinal))
        {
            return w.Length > 4 ? w[..^2] : w[..^1];
        }

        bool isPlural = w.EndsWith('s') && !w.EndsWith("us", StringComparison.Ordinal) && !w.EndsWith("ss", StringComparison.Ordinal);
        return isPlural && HasVowel(w, w.Length - 2) ? w[..^1] : w;      // a vowel, and not right before the s
    }

    private static string Participle(string w, int r1)
    {
        foreach (string ending in new[] { "eedly", "ingly", "edly", "eed", "ing", "ed" })
        {
            if (!w.EndsWith(ending, StringComparison.Ordinal))
            {
                continue;
            }

            string left = w[..^ending.Length];
            if (ending is "eed" or "eedly")
            {
                return left.Length >= r1 ? left + "ee" : w;
            }

            return HasVowel(left, left.Length) ? Repair(left, r1) : w;
        }

        return w;
    }

    // hop(p)ing, hop(e)ing, and at, bl, iz, which lost an e.
    private static string Repair(string w, int r1)
    {
        if (w.EndsWith("at", StringComparison.Ordinal) || w.EndsWith("bl", StringComparison.Ordinal) || w.EndsWith("iz", StringComparison.Ordinal))
        {
            return w + "e";
        }

        if (w.Length >= 2 && w[^1] == w[^2] && "bdfgmnprt".Contains(w[^1]))
        {
            return w[..^1];
        }

        return r1 >= w.Length && EndsInShortSyllable(w, w.Length) ? w + "e" : w;
    }

    private static string FinalY(string w) => w.Length > 2 && w[^1] is 'y' or 'Y' && !IsVowel(w[^2]) ? w[..^1] + "i" : w;

    private static string LastLetter(string w, int r1, int r2)
    {
        int last = w.Length - 1;
        return w.EndsWith('e') && (last >= r2 || (last >= r1 && !EndsInShortSyllable(w, last))) ? w[..^1]
            : w.EndsWith("ll", StringComparison.Ordinal) && last >= r2 ? w[..^1]
            : w;
    }

    private static string Replace(string w, (string Ending, string By)[] endings, Func<int, string, bool> applies)
    {
        foreach (var (ending, by) in endings)
        {
            if (w.EndsWith(ending, StringComparison.Ordinal))
            {
                int end = w.Length - ending.Length;
                return applies(end, ending) ? w[..end] + by : w;
            }
        }

        return w;
    }

    private static bool HasVowel(string w, int end)
    {
        for (int i = 0; i < end; i++)
        {
            if (IsVowel(w[i]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool EndsInShortSyllable(string w, int end) =>
        end == 2 ? IsVowel(w[0]) && !IsVowel(w[1])
        : end > 2 && !IsVowel(w[end - 3]) && IsVowel(w[end - 2]) && !IsVowel(w[end - 1]) && w[end - 1] is not ('w' or 'x' or 'Y');
}
