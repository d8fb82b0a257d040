namespace Nearfar.Data;

/// <summary>Section <c>encoder</c>. A null value leaves the choice to the encoder.</summary>
public sealed record EncoderSettings
{
    /// <summary><c>static | adapter | onnx | openai | azure | ollama</c>. Default <c>static</c>.</summary>
    public string Kind { get; init; } = "static";

    /// <summary>Dimensions of a vector, 1 to 65536.</summary>
    public int? Dimensions { get; init; }

    /// <summary>Model folder to start from.</summary>
    public string? From { get; init; }

    /// <summary>Name of the model at a provider (kinds openai, azure, ollama).</summary>
    public string? Model { get; init; }

    /// <summary>Address of the provider.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Tokens read of a text, at least 1.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Put in front of queries.</summary>
    public string? QueryPrompt { get; init; }

    /// <summary>Put in front of documents.</summary>
    public string? DocumentPrompt { get; init; }

    /// <summary>Power of the inverse document frequency that random start rows are weighed by, 0 to 4.</summary>
    public double? IdfPower { get; init; }
}
