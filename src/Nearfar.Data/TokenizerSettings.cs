namespace Nearfar.Data;

/// <summary>Section <c>tokenizer</c>: a vocabulary learned from the workspace's own texts, or one that exists.</summary>
public sealed record TokenizerSettings
{
    /// <summary><c>wordpiece | bpe | unigram</c>: learn one. Null with <see cref="From"/>.</summary>
    public string? Train { get; init; }

    /// <summary>Tokens of a learned vocabulary, 100 to 1,000,000.</summary>
    public int? Size { get; init; }

    /// <summary>A <c>tokenizer.json</c> or the folder that holds it.</summary>
    public string? From { get; init; }
}
