using System.Buffers.Binary;

namespace Nearfar.Vectors;

/// <summary>Quantisation to one byte a value: for each dimension where its range starts and how wide a step is. Immutable, thread-safe.</summary>
/// <remarks>
/// code = clip(floor((x - start) / step), 0, 255) - 128 with start = min and step = (max - min) / 255, all in float32, as sentence-transformers
/// does it. A dimension that never changes has step 1. Decoded is the middle of a step, or the start where the step is 1.
/// </remarks>
public sealed class Int8Ranges
{
    private readonly float[] _start;
    private readonly float[] _step;

    private Int8Ranges(float[] start, float[] step) => (_start, _step) = (start, step);

    /// <summary>Lowest value of each dimension [D].</summary>
    public IReadOnlyList<float> Start => _start;

    /// <summary>Width of a step of each dimension [D], above 0.</summary>
    public IReadOnlyList<float> Step => _step;

    /// <summary>The ranges that rows span: the vectors themselves, or a sample of them; values outside are clipped.</summary>
    /// <param name="rows">[N, D], N at least 1, finite.</param>
    /// <exception cref="ArgumentException">No rows.</exception>
    /// <exception cref="NearfarException">A value that is not finite, or a range wider than float32.</exception>
    public static Int8Ranges Of(Rows<float> rows)
    {
        if (rows.Count == 0)
        {
            throw new ArgumentException("No rows; wanted at least one to take the ranges from.", nameof(rows));
        }

        var range = new RangeOfRows(rows.Dimensions);
        for (int i = 0; i < rows.Count; i++)
        {
            range.Add(rows[i]);
        }

        return range.ToRanges();
    }

    /// <summary>What unit vectors can span, -1 to 1; for an index that begins empty.</summary>
    internal static Int8Ranges OfUnitVectors(int dimensions) =>
        new([.. Enumerable.Repeat(-1f, dimensions)], [.. Enumerable.Repeat(2 / 255f, dimensions)]);

    /// <summary>Ranges as a file holds them.</summary>
    /// <param name="start">[D].</param>
    /// <param name="step">[D].</param>
    /// <param name="what">What holds them, for the message.</param>
    internal static Int8Ranges From(float[] start, float[] step, string what)
    {
        for (int d = 0; d < start.Length; d++)
        {
            if (!float.IsFinite(start[d]) || !float.IsFinite(step[d]) || step[d] <= 0)
            {
                throw new NearfarException($"The int8 range {what} starts at {start[d]} with step {step[d]} in dimension {d}; wanted finite numbers and a step above 0.");
            }
        }

        return new Int8Ranges(start, step);
    }

    internal ReadOnlySpan<float> Starts => _start;

    internal ReadOnlySpan<float> Steps => _step;

    /// <summary>Codes of a row.</summary>
    /// <param name="row">[D], finite.</param>
    /// <param name="codes">Receives [D].</param>
    public void Encode(ReadOnlySpan<float> row, Span<sbyte> codes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(row.Length, _start.Length, nameof(row));
        for (int d = 0; d < row.Length; d++)
        {
            codes[d] = (sbyte)((int)StepOf(row[d], d) - 128);
        }
    }

    /// <summary>Values of codes: at most half a step from what was encoded, when that was inside the range.</summary>
    /// <param name="codes">[D].</param>
    /// <param name="row">Receives [D].</param>
    public void Decode(ReadOnlySpan<sbyte> codes, Span<float> row)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(codes.Length, _start.Length, nameof(codes));
        for (int d = 0; d < codes.Length; d++)
        {
            row[d] = Middle(codes[d] + 128, d);
        }
    }

    /// <summary>The step that a value of a dimension falls into, 0 to 255.</summary>
    internal float StepOf(float value, int dimension) => Math.Clamp(MathF.Floor((value - _start[dimension]) / _step[dimension]), 0f, 255f);

    /// <summary>The value that a step of a dimension stands for.</summary>
    internal float Middle(float step, int dimension) => _start[dimension] + ((step + (_step[dimension] == 1 ? 0f : 0.5f)) * _step[dimension]);

    /// <summary>Start, then step, float32 little-endian.</summary>
    internal byte[] ToBytes()
    {
        byte[] bytes = new byte[_start.Length * 2 * sizeof(float)];
        for (int d = 0; d < _start.Length; d++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(d * 4), _start[d]);
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan((_start.Length + d) * 4), _step[d]);
        }

        return bytes;
    }
}

/// <summary>Gathers the lowest and highest value of each dimension.</summary>
internal sealed class RangeOfRows(int dimensions)
{
    private float[]? _min;
    private float[]? _max;
    private int _count;

    public void Add(ReadOnlySpan<float> row)
    {
        _min ??= row.ToArray();
        _max ??= row.ToArray();
        _count++;
        System.Numerics.Tensors.TensorPrimitives.Min(_min, row, _min);      // NaN goes through
        System.Numerics.Tensors.TensorPrimitives.Max(_max, row, _max);
    }

    /// <exception cref="NearfarException">A value that is not finite, or a range wider than float32.</exception>
    public Int8Ranges ToRanges()
    {
        if (_min is null || _max is null)
        {
            return Int8Ranges.OfUnitVectors(dimensions);
        }

        float[] step = new float[dimensions];
        for (int d = 0; d < dimensions; d++)
        {
            step[d] = (_max[d] - _min[d]) / 255f;
            step[d] = step[d] == 0 ? 1 : step[d];
        }

        return Int8Ranges.From(_min, step, $"of {_count} vectors");
    }
}
