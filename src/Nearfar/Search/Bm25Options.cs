using Nearfar.Encoding;
using Nearfar.Text;

namespace Nearfar.Search;

/// <summary>How keyword search weighs and reads words.</summary>
public sealed record Bm25Options
{
    /// <summary>Saturation of repeated words, at least 0. Default 1.2.</summary>
    public double K1 { get; init; } = 1.2;

    /// <summary>Length normalisation, 0 to 1. Default 0.75.</summary>
    public double B { get; init; } = 0.75;

    /// <summary>
    /// Null: words as they stand (Unicode words, parted at apostrophes; pairs of characters in scripts without spaces). <c>english</c>: words of Latin
    /// letters are stemmed (Porter2, which reads the apostrophe), so that "refunds" finds "refunded"; other words stay. Default null.
    /// </summary>
    public string? Stemming { get; init; }

    /// <summary>
    /// How much more the first words of a document, or those of its title, count than the rest (for <see cref="LeadOptions.Tokens"/>: words): they are counted so often
    /// before the counts are saturated, and in the document's length. Default null: no more.
    /// </summary>
    public LeadOptions? Lead { get; init; }

    // What a report names it by: how words are read, as that changes what is found most.
    internal string Name => "bm25" + (Stemming is null ? "" : "-" + Stemming) + (Lead is null ? "" : FormattableString.Invariant($"-{(Lead.Of == LeadField.Title ? "title" : "lead")}{Lead.Tokens}x{Lead.Weight}"));

    internal Bm25Index.SplitText Analyzer()
    {
        var problems = new List<string>();
        if (!(K1 >= 0 && double.IsFinite(K1)))
        {
            problems.Add($"K1 is {K1}; wanted at least 0");
        }

        if (!(B is >= 0 and <= 1))
        {
            problems.Add($"B is {B}; wanted 0 to 1");
        }

        if (Stemming is not (null or "english"))
        {
            problems.Add($"Stemming is \"{Stemming}\"; the only stemmer is \"english\", null stems nothing");
        }

        problems.AddRange(Lead?.Problems() ?? []);
        if (problems.Count > 0)
        {
            throw new ArgumentOutOfRangeException("options", string.Join(". ", problems) + ".");
        }

        return Stemming is null ? Words.SplitAtApostrophes : EnglishStemmer.Split;
    }
}
