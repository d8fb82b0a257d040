namespace Nearfar.Text.Patterns;

/// <summary>What one instruction of a compiled pattern does.</summary>
internal enum PatternOperation
{
    /// <summary>One code point of <see cref="PatternCode.Set"/>.</summary>
    One,

    /// <summary>Min to Max code points of the set, as many as possible, then fewer.</summary>
    Greedy,

    /// <summary>Min to Max code points of the set, as few as possible, then more.</summary>
    Lazy,

    /// <summary>Min to Max code points of the set, as many as possible, never fewer.</summary>
    Possessive,

    /// <summary>Goes on at Min; if that fails, at Max.</summary>
    Fork,

    /// <summary>Goes on at Min.</summary>
    Jump,

    /// <summary>What follows must match here, up to Max, where the pattern goes on.</summary>
    Ahead,

    /// <summary>What follows must not match here; the pattern goes on at Max.</summary>
    NotAhead,

    /// <summary>What follows matches as it first can, for good; the pattern goes on at Max.</summary>
    Atomic,

    /// <summary>The beginning of the text.</summary>
    Start,

    /// <summary>The end of the text.</summary>
    End,

    /// <summary>The pattern, or the part in parentheses, has matched.</summary>
    Done,
}
