using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Nearfar.Training.Sampling;

namespace Nearfar.Evaluation.Statistics;

/// <summary>Sums of values whose signs are flipped at random, one sign for all values of a unit in all sums.</summary>
/// <remarks>A unit's signs follow from the seed and its name alone: more units, tests or threads move none of them.</remarks>
/// <param name="keys">Of each unit, from <see cref="Key"/>.</param>
/// <param name="starts">Of each sum's values, and their end [tests + 1].</param>
/// <param name="units">The unit of each value.</param>
/// <param name="values">Absolute values of a sum together below 2^31.</param>
internal sealed class SignFlips(ulong[] keys, int[] starts, int[] units, int[] values) : IResampler
{
    private readonly uint[] _signs = new uint[keys.Length];

    /// <summary>Where a unit's signs start.</summary>
    public static ulong Key(string unit, ulong seed) => System.IO.Hashing.XxHash3.HashToUInt64(MemoryMarshal.AsBytes(unit.AsSpan()), (long)seed);

    /// <summary>Signs of a unit in 32 resamples; a bit that is set flips.</summary>
    public static uint Signs(ulong key, int block)
    {
        ulong state = key + ((ulong)block * 0x9E3779B97F4A7C15);
        return (uint)(SeededRandom.SplitMix(ref state) >> 32);
    }

    public unsafe void Draw(int block, int lanes, Span<int> sums)
    {
        for (int u = 0; u < _signs.Length; u++)
        {
            _signs[u] = Signs(keys[u], block);
        }

        var low = Vector512.Create(1u, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        var high = low << 16;
        fixed (uint* signs = _signs)
        fixed (int* unit = units, value = values, into = sums)
        {
            for (int test = 0; test < starts.Length - 1; test++)
            {
                var (flipped0, flipped1) = (Vector512<int>.Zero, Vector512<int>.Zero);
                int total = 0;
                for (int i = starts[test]; i < starts[test + 1]; i++)
                {
                    var bits = Vector512.Create(signs[unit[i]]);
                    var v = Vector512.Create(value[i]);
                    total += value[i];
                    flipped0 = Vector512.ConditionalSelect(Vector512.Equals(bits & low, Vector512<uint>.Zero).AsInt32(), flipped0, flipped0 + v);
                    flipped1 = Vector512.ConditionalSelect(Vector512.Equals(bits & high, Vector512<uint>.Zero).AsInt32(), flipped1, flipped1 + v);
                }

                // A flipped value counts against the sum twice. Doubling may overflow; the difference is right again.
                var whole = Vector512.Create(total);
                (whole - (flipped0 << 1)).Store(into + (test * StepDown.Lanes));
                (whole - (flipped1 << 1)).Store(into + (test * StepDown.Lanes) + 16);
            }
        }
    }
}
