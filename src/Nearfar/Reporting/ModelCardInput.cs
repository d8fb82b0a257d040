using Nearfar.Evaluation;
using Nearfar.Gating;

namespace Nearfar.Reporting;

/// <summary>What a model card tells.</summary>
public sealed record ModelCardInput
{
    /// <summary>Name of the model.</summary>
    public required string Name { get; init; }

    /// <summary>Length of its vectors, at least 1.</summary>
    public required int Dimensions { get; init; }

    /// <summary>Tokens read of a text, at least 1; null: all.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>What kind of encoder it is, as a noun: <c>static encoder (mean of token vectors)</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Its report on a held-out set; null when it was not evaluated, and the card says so.</summary>
    public EvalReport? Report { get; init; }

    /// <summary>The verdict on it; null when it was not gated.</summary>
    public GateDecision? Decision { get; init; }

    /// <summary>Where data and model came from.</summary>
    public ReportProvenance Provenance { get; init; } = new();

    /// <summary>Identifier of the model's licence, such as <c>mit</c>; null: none is claimed.</summary>
    public string? License { get; init; }

    /// <summary>Languages of its training texts as tags such as <c>en</c>.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>What it must not be used for, or what its folder cannot express; each one sentence.</summary>
    public IReadOnlyList<string> Limits { get; init; } = [];
}
