namespace Nearfar.Text.Models;

/// <summary>The switches of a BPE model.</summary>
internal sealed record BpeOptions
{
    public string? Unknown { get; init; }

    /// <summary>Stands before every character but the first of a piece.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Stands behind the last character of a piece, as in <c>&lt;/w&gt;</c>.</summary>
    public string Suffix { get; init; } = "";

    /// <summary>Neighbouring unknown characters give one unknown.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>An unknown character gives the tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> of its UTF-8 bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>A piece that the vocabulary holds whole is not built by merges.</summary>
    public bool IgnoreMerges { get; init; }
}
