namespace Nearfar.Search;

/// <summary>Sets of positions, 64 a word; what lies behind the end is not in the set.</summary>
internal static class Bits
{
    public static int Words(int count) => (count + 63) / 64;

    public static bool Has(ulong[]? bits, int i) => bits is not null && i >> 6 < bits.Length && (bits[i >> 6] >> (i & 63) & 1) != 0;

    public static void Set(ulong[] bits, int i) => bits[i >> 6] |= 1UL << (i & 63);

    /// <summary>The 64 positions from <paramref name="start"/> on, which need not be a multiple of 64.</summary>
    public static ulong From(ulong[] bits, int start)
    {
        int word = start >> 6;
        int shift = start & 63;
        ulong low = word < bits.Length ? bits[word] >> shift : 0;
        return shift == 0 || word + 1 >= bits.Length ? low : low | (bits[word + 1] << (64 - shift));
    }
}
