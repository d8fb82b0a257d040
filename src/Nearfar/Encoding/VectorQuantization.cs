using Nearfar.Vectors;

namespace Nearfar.Encoding;

/// <summary>Quantisation of an encoder's vectors: to codes and back to unit vectors, for queries and documents alike. Immutable, thread-safe.</summary>
/// <remarks>
/// int8: code = clip(floor((x - start) / step), 0, 255) - 128, start = min and step = (max - min) / 255 of each dimension, in float32 (a dimension that never
/// changes has step 1); back: the middle of the step. binary: 1 where x is above 0, most significant bit first; back: +-1 / sqrt(D). Both as sentence-transformers'
/// <c>quantize_embeddings</c> makes the codes. A zero row (a miss) has no codes and stays a zero row.
/// </remarks>
public sealed class VectorQuantization : IEquatable<VectorQuantization>
{
    private readonly Int8Ranges? _ranges;       // null: binary

    private VectorQuantization(int dimensions, Int8Ranges? ranges) => (Dimensions, _ranges) = (dimensions, ranges);

    /// <summary>What a value may be.</summary>
    public QuantizationKind Kind => _ranges is null ? QuantizationKind.Binary : QuantizationKind.Int8;

    /// <summary>D of the vectors.</summary>
    public int Dimensions { get; }

    /// <summary>int8: lowest value of each dimension [D]; else empty.</summary>
    public IReadOnlyList<float> Start => _ranges?.Start ?? [];

    /// <summary>int8: width of a step of each dimension [D], above 0; else empty.</summary>
    public IReadOnlyList<float> Step => _ranges?.Step ?? [];

    /// <summary>One bit a value.</summary>
    /// <param name="dimensions">D, at least 1.</param>
    public static VectorQuantization Binary(int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        return new VectorQuantization(dimensions, null);
    }

    /// <summary>One byte a value, over the ranges that calibration vectors span; values outside are clipped.</summary>
    /// <param name="calibration">[N, D], usually a corpus; zero rows are left out, at least one other is wanted.</param>
    /// <exception cref="NearfarException">No row to take ranges from, or a value that is not finite.</exception>
    public static VectorQuantization Int8(Rows<float> calibration)
    {
        var range = new RangeOfRows(calibration.Dimensions);
        bool any = false;
        for (int i = 0; i < calibration.Count; i++)
        {
            if (calibration[i].ContainsAnyExcept(0f))
            {
                range.Add(calibration[i]);
                any = true;
            }
        }

        return any
            ? new VectorQuantization(calibration.Dimensions, range.ToRanges())
            : throw new NearfarException($"{calibration.Count} calibration vectors, none of them with a direction; wanted at least one. Give texts that the model knows.");
    }

    /// <summary>One byte a value, over given ranges.</summary>
    /// <param name="start">[D], finite.</param>
    /// <param name="step">[D], finite and above 0.</param>
    /// <exception cref="NearfarException">Lengths differ, or a value is out of range.</exception>
    internal static VectorQuantization Int8(float[] start, float[] step)
    {
        if (start.Length == 0 || start.Length != step.Length)
        {
            throw new NearfarException($"int8 ranges have {start.Length} starts and {step.Length} steps; wanted one of each for every dimension.");
        }

        return new VectorQuantization(start.Length, Int8Ranges.From(start, step, "of the encoder"));
    }

    /// <summary>int8 codes of a row.</summary>
    /// <param name="row">[D].</param>
    /// <param name="codes">Receives [D].</param>
    public void EncodeInt8(ReadOnlySpan<float> row, Span<sbyte> codes)
    {
        Require(QuantizationKind.Int8, row.Length);
        _ranges!.Encode(row, codes);
    }

    /// <summary>Bits of a row, 8 a byte.</summary>
    /// <param name="row">[D].</param>
    /// <param name="bits">Receives ceil(D / 8) bytes, the last one filled with zeros.</param>
    public void EncodeBinary(ReadOnlySpan<float> row, Span<byte> bits)
    {
        Require(QuantizationKind.Binary, row.Length);
        BitCode.Encode(row, bits[..BitCode.Length(row.Length)]);
    }

    /// <inheritdoc />
    public bool Equals(VectorQuantization? other) =>
        other is not null && Kind == other.Kind && Dimensions == other.Dimensions && Start.SequenceEqual(other.Start) && Step.SequenceEqual(other.Step);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as VectorQuantization);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Kind, Dimensions);

    /// <summary>A unit row becomes what its codes say, again of length 1; a zero row stays.</summary>
    /// <returns>False where the codes have no direction; the row is then zero.</returns>
    internal bool Apply(Span<float> row)
    {
        float unit = 1f / MathF.Sqrt(row.Length);
        double square = 0;
        for (int d = 0; d < row.Length; d++)
        {
            row[d] = _ranges is null ? (row[d] > 0 ? unit : -unit) : _ranges.Middle(_ranges.StepOf(row[d], d), d);
            square += (double)row[d] * row[d];
        }

        double inverse = square == 0 ? 0 : 1 / Math.Sqrt(square);
        for (int d = 0; d < row.Length; d++)
        {
            row[d] = (float)(row[d] * inverse);
        }

        return square != 0;
    }

    /// <summary>As the identity of a space names it.</summary>
    internal string Name => Kind == QuantizationKind.Int8 ? "int8" : "binary";

    private void Require(QuantizationKind kind, int length)
    {
        if (kind != Kind || length != Dimensions)
        {
            throw new ArgumentException($"Asked for {kind} codes of {length} values; this is {Kind} of {Dimensions}.");
        }
    }
}
