namespace Nearfar.Text.PreTokenizers;

/// <summary>What becomes of the matches that a text is cut at.</summary>
internal enum SplitBehavior
{
    /// <summary>They go.</summary>
    Removed,

    /// <summary>Each is a piece.</summary>
    Isolated,

    /// <summary>The first of several is joined to the piece before.</summary>
    MergedWithPrevious,

    /// <summary>The last of several is joined to the piece behind.</summary>
    MergedWithNext,

    /// <summary>Neighbouring ones are one piece.</summary>
    Contiguous,
}
