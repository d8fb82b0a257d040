namespace Nearfar.Encoding;

/// <summary>How much more the beginning of a document, or its title, counts than the rest: it says what the document is about, and a long body drowns it.</summary>
/// <remarks>
/// The first tokens are counted several times before anything is made of the counts, as BM25F weighs a field (Robertson, Zaragoza and Taylor 2004, "Simple BM25
/// extension to multiple weighted fields"). Differs: the field is a number of tokens, since most texts mark no title, or ends with the title. Questions are left as they are.
/// </remarks>
public sealed record LeadOptions
{
    /// <summary>The first tokens, or the title alone. Default <see cref="LeadField.Beginning"/>.</summary>
    public LeadField Of { get; init; }

    /// <summary>Tokens of the beginning, of the title at most, behind the document prompt, 1 to 4,096; unknown ones are counted among them. Default 32, a title or a sentence.</summary>
    public int Tokens { get; init; } = 32;

    /// <summary>How often each of them counts, 2 to 64. Default 4.</summary>
    public int Weight { get; init; } = 4;

    /// <summary>All problems of the values at once; empty when they are sound.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (!Enum.IsDefined(Of))
        {
            problems.Add($"lead.of is {(int)Of}; wanted beginning or title");
        }

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

    // Part of space ids and hashes: what it says of a beginning stays as it is.
    internal string Words => FormattableString.Invariant($"{Tokens} tokens {(Of == LeadField.Title ? "of the title " : "")}{Weight} times");

    /// <summary>The part of a content that may count more: all of it, or what stands before its first newline, nothing where there is none.</summary>
    internal ReadOnlySpan<char> FieldOf(ReadOnlySpan<char> content) => Of == LeadField.Title ? content[..Math.Max(0, content.IndexOf('\n'))] : content;
}
