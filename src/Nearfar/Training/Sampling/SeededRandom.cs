using System.Numerics;

namespace Nearfar.Training.Sampling;

/// <summary>Random numbers whose every bit is promised: xoshiro256**, its state filled by SplitMix64. Not thread-safe.</summary>
/// <remarks>Blackman and Vigna 2021, "Scrambled linear pseudorandom number generators"; SplitMix64: Steele, Lea and Flood 2014.</remarks>
public sealed class SeededRandom
{
    private ulong _s0, _s1, _s2, _s3;

    /// <param name="seed">Any value.</param>
    public SeededRandom(ulong seed)
    {
        _s0 = SplitMix(ref seed);
        _s1 = SplitMix(ref seed);
        _s2 = SplitMix(ref seed);
        _s3 = SplitMix(ref seed);
    }

    internal SeededRandom(ulong s0, ulong s1, ulong s2, ulong s3) => (_s0, _s1, _s2, _s3) = (s0, s1, s2, s3);

    /// <summary>An independent stream for each use of a seed, so that drawing more in one place moves nothing elsewhere.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">Or any other counter.</param>
    /// <param name="purpose">A word, such as <c>batches</c>.</param>
    public static SeededRandom For(ulong seed, long epoch, string purpose)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        ulong state = seed;
        ulong mixed = SplitMix(ref state) ^ (ulong)epoch;
        foreach (char c in purpose)
        {
            mixed = SplitMix(ref mixed) ^ c;
        }

        return new SeededRandom(SplitMix(ref mixed));
    }

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>0 to <paramref name="count"/> - 1, each equally likely.</summary>
    /// <param name="count">At least 1.</param>
    public int Below(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ulong limit = ulong.MaxValue - (ulong.MaxValue % (ulong)count);
        ulong bits;
        do
        {
            bits = Next();
        }
        while (bits >= limit);      // the last, incomplete round of residues would be drawn too often
        return (int)(bits % (ulong)count);
    }

    /// <summary>[0, 1) in steps of 2^-53.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1L << 53));

    /// <summary>Mean 0, deviation 1, bell-shaped, within +-6: twelve 16-bit uniforms added. Integer sums: the same bits on every machine, where a logarithm is not.</summary>
    public float Bell()
    {
        long sum = 0;
        for (int i = 0; i < 3; i++)
        {
            ulong bits = Next();
            sum += (long)(bits & 0xFFFF) + (long)((bits >> 16) & 0xFFFF) + (long)((bits >> 32) & 0xFFFF) + (long)(bits >> 48);
        }

        return (sum - (6 * 65535)) / 65536f;
    }

    /// <summary>Puts a list into random order (Fisher and Yates).</summary>
    /// <param name="items">Any list.</param>
    public void Shuffle(Span<int> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    internal static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
