namespace Nearfar.Text;

/// <summary>How a vocabulary cuts words.</summary>
public enum TokenizerKind
{
    /// <summary>Greedy longest match; words are apart at spaces and punctuation, ideographs by themselves. The usual choice.</summary>
    WordPiece,

    /// <summary>Byte-pair encoding over UTF-8 bytes: nothing is ever unknown; scripts beyond Latin need a larger vocabulary.</summary>
    Bpe,

    /// <summary>The most probable cut: the usual choice for scripts without spaces between words.</summary>
    Unigram,
}
