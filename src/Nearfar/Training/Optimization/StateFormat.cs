namespace Nearfar.Training.Optimization;

/// <summary>How an optimiser stores its state between steps; it computes in float32.</summary>
public enum StateFormat
{
    /// <summary>Four bytes a value.</summary>
    Float32,

    /// <summary>Two bytes a value, rounded up or down at random in proportion, by a seeded hash of step, row and column.</summary>
    /// <remarks>Rounding to the nearest would stop a second moment: its changes of a thousandth are below half of bfloat16's step of a 128th.</remarks>
    BFloat16,
}
