namespace Nearfar.Evaluation;

/// <summary>xoshiro256**, seeded through SplitMix64: the same numbers on every platform and runtime.</summary>
/// <remarks>Blackman and Vigna 2021, "Scrambled linear pseudorandom number generators".</remarks>
internal sealed class Xoshiro256
{
    private ulong _a, _b, _c, _d;

    public Xoshiro256(ulong seed)
    {
        _a = SplitMix(ref seed);
        _b = SplitMix(ref seed);
        _c = SplitMix(ref seed);
        _d = SplitMix(ref seed);
    }

    public ulong Next()
    {
        ulong result = ulong.RotateLeft(_b * 5, 7) * 9;
        ulong shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = ulong.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Uniform in [0, bound), without bias (Lemire 2019).</summary>
    public int Below(int bound)
    {
        ulong range = (ulong)bound;
        ulong reject = unchecked(0UL - range) % range;
        while (true)
        {
            ulong high = Math.BigMul(Next(), range, out ulong low);
            if (low >= reject)
            {
                return (int)high;
            }
        }
    }

    private static ulong SplitMix(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
