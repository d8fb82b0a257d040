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

    /// <summary>Scores, higher is nearer, of <see cref="ScanKernels.Streams"/> rows.</summary>
    /// <param name="query">What <see cref="Prepare"/> made.</param>
    /// <param name="rows">Codes of the rows, anywhere.</param>
    /// <param name="ahead">Whether memory is asked for what follows each.</param>
    /// <param name="scores">Receives 8 values.</param>
    public abstract void Score(byte* query, byte** rows, bool ahead, int* scores);
}

/// <summary>One byte a value against a query of 16 bits a value: the query's rounding hardly counts beside the rows'.</summary>
internal sealed unsafe class Int8Code(Int8Ranges ranges) : RowCode(ranges.Start.Count)
{
    public override IndexKind Kind => IndexKind.Int8;

    public override int Candidates => 8;

    public override int Length => Dimensions;

    public override VectorFileOptions File => new() { Type = VectorType.Int8, Ranges = ranges };

    public override void Encode(ReadOnlySpan<float> row, Span<byte> code) => ranges.Encode(row, MemoryMarshal.Cast<byte, sbyte>(code));

    // q·x = q·start + sum of (q step) code: the first part is the same for all rows. The second is scaled into 16 bits and so that every sum of products
    // is below 2^24 in size: float32 holds it without rounding, and a matrix product of floats gives what the integers give.
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
        double scale = Math.Min(short.MaxValue / most, ((1 << 17) - 1 - (Dimensions / 2.0)) / sum);
        for (int d = 0; d < Dimensions && most > 0; d++)
        {
            MemoryMarshal.Cast<byte, short>(weights.AsSpan())[d] = (short)Math.Round(Weight(query, d) * scale);
        }

        return weights;
    }

    /// <summary>What <see cref="Prepare"/> made, as the left side of a matrix product.</summary>
    public Rows<float> Weights(Rows<float> queries)
    {
        var weights = Rows.Allocate<float>(queries.Count, Dimensions);
        for (int q = 0; q < queries.Count; q++)
        {
            var prepared = MemoryMarshal.Cast<byte, short>(Prepare(queries[q]).AsSpan());
            for (int d = 0; d < Dimensions; d++)
            {
                weights[q][d] = prepared[d];
            }
        }

        return weights;
    }

    public override void Score(byte* query, byte** rows, bool ahead, int* scores) => CodeKernels.Dot8((sbyte**)rows, (short*)query, Dimensions, ahead, scores);

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

    public override void Score(byte* query, byte** rows, bool ahead, int* scores)
    {
        for (int j = 0; j < ScanKernels.Streams; j++)
        {
            scores[j] = -CodeKernels.Hamming(query, rows[j], Length);
        }
    }
}
