using Nearfar.Encoding;
using Nearfar.Text;

namespace Nearfar.Data;

/// <summary>Section <c>encoder</c>. A null value leaves the choice to the encoder.</summary>
public sealed record EncoderSettings
{
    /// <summary><c>static | adapter | onnx | openai | azure | ollama</c>. Default <c>static</c>.</summary>
    public string Kind { get; init; } = "static";

    /// <summary>Dimensions of a vector, 1 to 65536.</summary>
    public int? Dimensions { get; init; }

    /// <summary>Model folder to start from, or <c>hf:owner/name@revision</c>; of an adapter also a provider's kind, whose settings then stand beside it.</summary>
    public string? From { get; init; }

    /// <summary>Rank of an adapter's map, 1 or more. Default a full matrix.</summary>
    public int? Rank { get; init; }

    /// <summary>Name of the model at a provider (kinds openai, azure, ollama).</summary>
    public string? Model { get; init; }

    /// <summary>Name of the deployment (kind azure); it stands for the model when none is named.</summary>
    public string? Deployment { get; init; }

    /// <summary>Address of the provider. Default: OpenAI's, or Ollama on this machine; azure has none.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Environment variable that holds the key. Default <c>OPENAI_API_KEY</c>, <c>AZURE_OPENAI_API_KEY</c>; none for ollama and for an openai endpoint of one's own.</summary>
    public string? KeyEnv { get; init; }

    /// <summary>Texts a call to a provider, 1 to 2048. Default 128.</summary>
    public int? Batch { get; init; }

    /// <summary>Tokens a call to a provider at most, counted by an upper bound (bytes), at least 1. Default 100,000.</summary>
    public int? BatchTokens { get; init; }

    /// <summary>Seconds a call may take, above 0. Default 60.</summary>
    public double? TimeoutSeconds { get; init; }

    /// <summary>What one command may spend at a provider. Default no limit.</summary>
    public BudgetSettings? Budget { get; init; }

    /// <summary>Tokens read of a text, at least 1.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Put in front of queries.</summary>
    public string? QueryPrompt { get; init; }

    /// <summary>Put in front of documents.</summary>
    public string? DocumentPrompt { get; init; }

    /// <summary>Power of the inverse document frequency that start rows are weighed by, 0 to 4.</summary>
    public double? IdfPower { get; init; }

    /// <summary>Random dimensions behind those of <see cref="From"/>, 0 to 4096.</summary>
    public int? ExtraDimensions { get; init; }

    /// <summary>How much a token counts that stands n times in a text.</summary>
    public TermFrequency? TermFrequency { get; init; }

    /// <summary>How much more a document's beginning counts.</summary>
    public LeadOptions? Lead { get; init; }

    /// <summary>Constant length of every document, as a share of the median one, 0 to 8.</summary>
    public double? Pivot { get; init; }

    /// <summary>Share of a document's squared length in the extra dimensions, above 0 and below 1.</summary>
    public double? ExtraShare { get; init; }

    /// <summary>Parts of unknown words as tokens.</summary>
    public GramOptions? Grams { get; init; }

    /// <summary>The provider that embeds: of this encoder, or of an adapter's frozen base; null: none.</summary>
    internal string? Provider => Providers.ProviderEncoder.IsProvider(Kind) ? Kind : IsAdapterOfProvider ? From : null;

    internal bool IsAdapterOfProvider => Kind == "adapter" && From is not null && Providers.ProviderEncoder.IsProvider(From);
}
