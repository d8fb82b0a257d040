namespace Nearfar.Vectors;

/// <summary>One bit a value: 1 where it is above 0, most significant bit first, the last byte filled with zeros.</summary>
internal static class BitCode
{
    public static int Length(int dimensions) => (dimensions + 7) / 8;

    public static void Encode(ReadOnlySpan<float> row, Span<byte> bits)
    {
        bits.Clear();
        for (int d = 0; d < row.Length; d++)
        {
            if (row[d] > 0)
            {
                bits[d >> 3] |= (byte)(0x80 >> (d & 7));
            }
        }
    }

    /// <summary>A unit vector: 1 / sqrt(D) where the bit is set, its negative elsewhere.</summary>
    public static void Decode(ReadOnlySpan<byte> bits, Span<float> row)
    {
        float unit = 1f / MathF.Sqrt(row.Length);
        for (int d = 0; d < row.Length; d++)
        {
            row[d] = IsSet(bits, d) ? unit : -unit;
        }
    }

    public static bool IsSet(ReadOnlySpan<byte> bits, long i) => (bits[(int)(i >> 3)] & (0x80 >> (int)(i & 7))) != 0;
}
