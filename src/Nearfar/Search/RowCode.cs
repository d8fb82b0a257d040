using System.Numerics;
using System.Runtime.InteropServices;
using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>How rows are coded for the first pass of a quantised index. Immutable, thread-safe.</summary>
internal abstract unsafe class RowCode(int dimensions)
{
    public int Dimensions { get; } = dimensions;

    public abstract IndexKind Kind { get; }

    /// <summary>Candidates for each document wanted.</summary>
    public abstract int Candidates { get; }

    /// <summary>Bytes of a row's code.</summary>
    public abstract int Length { get; }

    /// <summary>How a vector file of codes is written.</summary>
    public abstract VectorFileOptions File { get; }

    public abstract void Encode(ReadOnlySpan<float> row, Span<byte> code);

    /// <summary>A query as <see cref="Score"/> wants it.</summary>
    public abstract byte[] Prepare(ReadOnlySpan<float> query);

    /// <summary>Scores, higher is nearer, of up to 64 rows whose codes lie one behind the other.</summary>
    /// <param name="query">What <see cref="Prepare"/> made.</param>
    /// <param name="codes">The first row's code.</param>
    /// <param name="visible">The rows that are scored.</param>
    /// <param name="scores">Receives 64 values, those of the rows that are scored.</param>
    public abstract void Score(byte* query, byte* codes, ulong visible, int* scores);
}

/// <summary>One byte a value against a query of 16 bits a value: the query's rounding hardly counts beside the rows'.</summary>
internal sealed unsafe class Int8Code(Int8Ranges ranges) : RowCode(ranges.Start.Count)
{
    public override IndexKind Kind => IndexKind.Int8;

    public override int Candidates => 8;

    public override int Length => Dimensions;

    public override VectorFileOptions File => new() { Type = VectorType.Int8, Ranges = ranges };

    public override void Encode(ReadOnlySpan<float> row, Span<byte> code) => ranges.Encode(row, MemoryMarshal.Cast<byte, sbyte>(code));

    // q·x = q·start + sum of (q step) code: the first part is the same for all rows, the second is scaled into 16 bits so that no sum leaves 32.
    public override byte[] Prepare(ReadOnlySpan<float> query)
    {
        double most = 0;
        double sum = 0;
        for (int d = 0; d < Dimensions; d++)
        {
            most = Math.Max(most, Math.Abs(Weight(query, d)));
            sum += Math.Abs(Weight(query, d));
        }

        byte[] weights = new byte[Dimensions * sizeof(short)];
        double scale = Math.Min(short.MaxValue / most, ((1 << 24) - 1 - (Dimensions / 2.0)) / sum);
        for (int d = 0; d < Dimensions && most > 0; d++)
        {
            MemoryMarshal.Cast<byte, short>(weights.AsSpan())[d] = (short)Math.Round(Weight(query, d) * scale);
        }

        return weights;
    }

    public override void Score(byte* query, byte* codes, ulong visible, int* scores)
    {
        for (; visible != 0; visible &= visible - 1)
        {
            int row = BitOperations.TrailingZeroCount(visible);
            scores[row] = ScanKernels.Dot((sbyte*)codes + ((long)row * Dimensions), (short*)query, Dimensions);
        }
    }

    // A dimension that never changes (step 1) is the same for all rows.
    private double Weight(ReadOnlySpan<float> query, int d) => ranges.Steps[d] == 1 ? 0 : (double)query[d] * ranges.Steps[d];
}

/// <summary>One bit a value on both sides: rows in order of how many signs they share with the query.</summary>
internal sealed unsafe class BinaryCode(int dimensions) : RowCode(dimensions)
{
    public override IndexKind Kind => IndexKind.Binary;

    public override int Candidates => 64;

    public override int Length => BitCode.Length(Dimensions);

    public override VectorFileOptions File => new() { Type = VectorType.Binary };

    public override void Encode(ReadOnlySpan<float> row, Span<byte> code) => BitCode.Encode(row, code);

    public override byte[] Prepare(ReadOnlySpan<float> query)
    {
        byte[] bits = new byte[Length];
        BitCode.Encode(query, bits);
        return bits;
    }

    public override void Score(byte* query, byte* codes, ulong visible, int* scores)
    {
        for (; visible != 0; visible &= visible - 1)
        {
            int row = BitOperations.TrailingZeroCount(visible);
            scores[row] = -ScanKernels.Hamming(query, codes + ((long)row * Length), Length);
        }
    }
}
