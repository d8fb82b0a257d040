using System.Collections.ObjectModel;
using Nearfar.Pairs;

namespace Nearfar.Data;

/// <summary>What <c>nearfar.yaml</c> says, read and checked.</summary>
public sealed record WorkspaceOptions
{
    /// <summary>Version of the file's form: 1.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Name of the workspace; the folder's name when the file gives none.</summary>
    public required string Name { get; init; }

    /// <summary>The day to which document ages are counted.</summary>
    public DateOnly? AsOf { get; init; }

    /// <summary>Where the sets lie.</summary>
    public DataSettings Data { get; init; } = new();

    /// <summary>The declared cohorts, in file order.</summary>
    public IReadOnlyList<CohortRule> Cohorts { get; init; } = [];

    /// <summary>Which encoder.</summary>
    public EncoderSettings Encoder { get; init; } = new();

    /// <summary>Which tokenizer; null: the encoder's choice.</summary>
    public TokenizerSettings? Tokenizer { get; init; }

    /// <summary>How it is trained.</summary>
    public TrainSettings Train { get; init; } = new();

    /// <summary>How negatives are mined.</summary>
    public MiningSettings Mining { get; init; } = new();

    /// <summary>What a release must prove.</summary>
    public GateSettings Gate { get; init; } = new();

    /// <summary>A search service whose answers <c>nearfar eval --endpoint</c> judges; null when the file names none.</summary>
    public EndpointSettings? Endpoint { get; init; }

    /// <summary>Foreign labels of vector spaces (<c>support-e5-v7</c>) to space ids.</summary>
    public IReadOnlyDictionary<string, string> Spaces { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Folder for runs, reports and releases, already joined to the workspace's folder. Default <c>output</c>.</summary>
    public required string Output { get; init; }
}
