namespace Nearfar.Text;

/// <summary>How a vocabulary is learnt.</summary>
public sealed record TokenizerTrainerOptions
{
    /// <summary>Whether case is folded away. Default true.</summary>
    public bool Lowercase { get; init; } = true;

    /// <summary>
    /// Whether accents are dropped: é becomes e. Default false: it also drops what tells kana and many Indic letters apart (が becomes か).
    /// </summary>
    public bool StripAccents { get; init; }

    /// <summary>Pieces that occur less often in the texts are not learnt, at least 1; single characters always are. Default 2.</summary>
    public int MinCount { get; init; } = 2;

    /// <summary>The longest piece that Unigram considers, in characters, 2 to 64. Default 16.</summary>
    public int LongestPiece { get; init; } = 16;
}
