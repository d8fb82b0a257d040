namespace Nearfar.Encoding;

/// <summary>What, besides rows and tokenizer, belongs to a static encoder.</summary>
public sealed record StaticEncoderOptions
{
    internal const int NoCut = 1_000_000;

    /// <summary>Tokens of a text that count, at least 1; the rest is cut. Default 512.</summary>
    public int MaxTokens { get; init; } = 512;

    /// <summary>Put before every query. Default none.</summary>
    public string QueryPrompt { get; init; } = "";

    /// <summary>Put before every document. Default none.</summary>
    public string DocumentPrompt { get; init; } = "";

    /// <summary>How much a token counts that stands n times in a text. Part of the space. Default: n.</summary>
    public TermFrequency TermFrequency { get; init; }

    /// <summary>How much more a document's beginning or title counts. Part of the space. Default null: no more than the rest.</summary>
    public LeadOptions? Lead { get; init; }

    /// <summary>Temperature it was trained at, above 0; null when it is not known. Decides no vector. Default null.</summary>
    public double? Temperature { get; init; }

    /// <summary>Quantisation of its vectors; part of the space. Default none: float32.</summary>
    public VectorQuantization? Quantization { get; init; }

    /// <summary>A name for people, carried by the space. Default none.</summary>
    public string? Label { get; init; }
}
