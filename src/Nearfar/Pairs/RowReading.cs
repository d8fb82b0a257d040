namespace Nearfar.Pairs;

/// <summary>How data files are read: limits against hostile input, and what happens to bad rows.</summary>
public sealed record RowReading
{
    /// <summary>Longest line in bytes, at least 1. Default 16 MiB. A longer one is an error and is never held in memory whole.</summary>
    public int MaxLineBytes { get; init; } = 16 << 20;

    /// <summary>
    /// How many times larger than the file its content may grow once 64 MiB have come out of it (of Parquet 256), at least 1. Default 200;
    /// JSON text compresses 3 to 20 times.
    /// </summary>
    public int MaxExpansion { get; init; } = 200;

    /// <summary>Problems shown of one file, at least 1; the rest is counted. Default 100.</summary>
    public int MaxProblems { get; init; } = 100;

    /// <summary>Leave bad rows out and count them instead of refusing the file. Default false. A damaged or empty file is refused all the same.</summary>
    public bool SkipInvalid { get; init; }

    internal static RowReading Default { get; } = new();

    internal void ThrowIfInvalid()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxLineBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxExpansion, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxProblems, 1);
    }
}
