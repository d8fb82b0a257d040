namespace Nearfar.Vectors;

/// <summary>How a vector file is written.</summary>
public sealed record VectorFileOptions
{
    /// <summary>How values are stored. Default float32.</summary>
    public VectorType Type { get; init; }

    /// <summary>The ranges of <see cref="VectorType.Int8"/>; wanted for it, and for nothing else.</summary>
    public Int8Ranges? Ranges { get; init; }

    /// <summary>Name of the model, for people. Default: the label of the space.</summary>
    public string? Model { get; init; }
}
