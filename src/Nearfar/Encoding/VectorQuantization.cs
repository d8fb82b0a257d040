using System.Globalization;
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
    private readonly float[] _start;
    private readonly float[] _step;

    private VectorQuantization(QuantizationKind kind, int dimensions, float[] start, float[] step) => (Kind, Dimensions, _start, _step) = (kind, dimensions, start, step);

    /// <summary>What a value may be.</summary>
    public QuantizationKind Kind { get; }

    /// <summary>D of the vectors.</summary>
    public int Dimensions { get; }

    /// <summary>int8: lowest value of each dimension [D]; else empty.</summary>
    public IReadOnlyList<float> Start => _start;

    /// <summary>int8: width of a step of each dimension [D], above 0; else empty.</summary>
    public IReadOnlyList<float> Step => _step;

    /// <summary>One bit a value.</summary>
    /// <param name="dimensions">D, at least 1.</param>
    public static VectorQuantization Binary(int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        return new VectorQuantization(QuantizationKind.Binary, dimensions, [], []);
    }

    /// <summary>One byte a value, over the ranges that calibration vectors span; values outside are clipped.</summary>
    /// <param name="calibration">[N, D], usually a corpus; zero rows are left out, at least one other is wanted.</param>
    /// <exception cref="NearfarException">No row to take ranges from, or a value that is not finite.</exception>
    public static VectorQuantization Int8(Rows<float> calibration)
    {
        float[]? min = null, max = null;
        for (int i = 0; i < calibration.Count; i++)
        {
            ReadOnlySpan<float> row = calibration[i];
            if (row.ContainsAnyExcept(0f))
            {
                System.Numerics.Tensors.TensorPrimitives.Min(min ??= row.ToArray(), row, min);
                System.Numerics.Tensors.TensorPrimitives.Max(max ??= row.ToArray(), row, max);
            }
        }

        if (min is null || max is null)
        {
            throw new NearfarException($"{calibration.Count} calibration vectors, none of them with a direction; wanted at least one. Give texts that the model knows.");
        }

        float[] step = new float[min.Length];
        for (int d = 0; d < step.Length; d++)
        {
            step[d] = (max[d] - min[d]) / 255f;
            step[d] = step[d] == 0 ? 1 : step[d];
        }

        return Int8(min, step);
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

        for (int d = 0; d < start.Length; d++)
        {
            if (!float.IsFinite(start[d]) || !float.IsFinite(step[d]) || step[d] <= 0)
            {
                throw new NearfarException(string.Create(CultureInfo.InvariantCulture, $"The int8 range of dimension {d} starts at {start[d]} with step {step[d]}; wanted finite numbers and a step above 0."));
            }
        }

        return new VectorQuantization(QuantizationKind.Int8, start.Length, start, step);
    }

    /// <summary>int8 codes of a row.</summary>
    /// <param name="row">[D].</param>
    /// <param name="codes">Receives [D].</param>
    public void EncodeInt8(ReadOnlySpan<float> row, Span<sbyte> codes)
    {
        Require(QuantizationKind.Int8, row.Length);
        for (int d = 0; d < row.Length; d++)
        {
            codes[d] = (sbyte)((int)Code(row[d], d) - 128);
        }
    }

    /// <summary>Bits of a row, 8 a byte.</summary>
    /// <param name="row">[D].</param>
    /// <param name="bits">Receives ceil(D / 8) bytes, the last one filled with zeros.</param>
    public void EncodeBinary(ReadOnlySpan<float> row, Span<byte> bits)
    {
        Require(QuantizationKind.Binary, row.Length);
        bits[..((row.Length + 7) / 8)].Clear();
        for (int d = 0; d < row.Length; d++)
        {
            if (row[d] > 0)
            {
                bits[d >> 3] |= (byte)(0x80 >> (d & 7));
            }
        }
    }

    /// <inheritdoc />
    public bool Equals(VectorQuantization? other) =>
        other is not null && Kind == other.Kind && Dimensions == other.Dimensions && _start.AsSpan().SequenceEqual(other._start) && _step.AsSpan().SequenceEqual(other._step);

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
            row[d] = Kind == QuantizationKind.Binary ? (row[d] > 0 ? unit : -unit) : _start[d] + ((Code(row[d], d) + (_step[d] == 1 ? 0f : .5f)) * _step[d]);
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

    private float Code(float value, int dimension) => Math.Clamp(MathF.Floor((value - _start[dimension]) / _step[dimension]), 0f, 255f);

    private void Require(QuantizationKind kind, int length)
    {
        if (kind != Kind || length != Dimensions)
        {
            throw new ArgumentException($"Asked for {kind} codes of {length} values; this is {Kind} of {Dimensions}.");
        }
    }
}
