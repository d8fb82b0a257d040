namespace Nearfar.Text;

/// <summary>Which parts of words, and which pairs of words, become tokens of their own beside a tokenizer's.</summary>
/// <remarks>
/// Bojanowski et al. 2017, arXiv:1607.04606, section 3.2 (subwords) and Joulin et al. 2016, arXiv:1607.01759 (word pairs, hashing). Differs:
/// by default only words that the tokenizer does not know as one token are taken apart.
/// </remarks>
public sealed record GramOptions
{
    /// <summary>Rows that the parts share by hashing, 1 to 10,000,000. Default 50,000.</summary>
    public int Buckets { get; init; } = 50_000;

    /// <summary>Fewest characters of a part, the ends of the word counted, 1 to <see cref="Max"/>. Default 3.</summary>
    public int Min { get; init; } = 3;

    /// <summary>Most characters of a part, at most 10. Default 5.</summary>
    public int Max { get; init; } = 5;

    /// <summary>Whether two words that follow each other are a token too. Default false.</summary>
    public bool WordPairs { get; init; }

    /// <summary>Whether words are taken apart. Default true.</summary>
    public bool Characters { get; init; } = true;

    /// <summary>
    /// Whether words that the tokenizer knows as one token are taken apart too, as in the paper: for texts in languages that the vocabulary was not made for,
    /// where even a known token means something else. Default false.
    /// </summary>
    public bool AllWords { get; init; }

    /// <summary>All problems of the values at once; empty when they are sound.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (Buckets is < 1 or > 10_000_000)
        {
            problems.Add($"grams.buckets is {Buckets}; wanted 1 to 10000000");
        }

        if (Min < 1 || Max < Min || Max > 10)
        {
            problems.Add($"grams.min and grams.max are {Min} and {Max}; wanted 1 <= min <= max <= 10");
        }

        if (AllWords && !Characters)
        {
            problems.Add("grams.all_words takes words apart and grams.characters does not; leave one out");
        }

        if (!WordPairs && !Characters)
        {
            problems.Add("grams take neither characters nor word pairs; leave them out instead");
        }

        return problems;
    }
}
