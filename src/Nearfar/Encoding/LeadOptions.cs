namespace Nearfar.Encoding;

/// <summary>How much more the beginning of a document counts than the rest: title and first sentence say what it is about, and a long body drowns them.</summary>
/// <remarks>
/// The first tokens are counted several times before anything is made of the counts, as BM25F weighs a field (Robertson, Zaragoza and Taylor 2004, "Simple BM25
/// extension to multiple weighted fields"). Differs: the field is a number of tokens, since most texts mark no title. Questions are left as they are.
/// </remarks>
public sealed record LeadOptions
{
    /// <summary>Tokens of the beginning, behind the document prompt, 1 to 4,096; unknown ones are counted among them. Default 32, a title or a sentence.</summary>
    public int Tokens { get; init; } = 32;

    /// <summary>How often each of them counts, 2 to 64. Default 4.</summary>
    public int Weight { get; init; } = 4;

    /// <summary>All problems of the values at once; empty when they are sound.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (Tokens is < 1 or > 4096)
        {
            problems.Add($"lead.tokens is {Tokens}; wanted 1 to 4096");
        }

        if (Weight is < 2 or > 64)
        {
            problems.Add($"lead.weight is {Weight}; wanted 2 to 64 (without lead every token counts once)");
        }

        return problems;
    }

    internal string Words => FormattableString.Invariant($"{Tokens} tokens {Weight} times");
}
