using System.Runtime.Intrinsics;
using Nearfar.Training.Sampling;

namespace Nearfar.Evaluation.Statistics;

/// <summary>Sums over fixed sets of questions, of values that a <see cref="ClusterPermutation"/> has moved.</summary>
/// <param name="permutation">Moves the values.</param>
/// <param name="starts">Of each set's members, and their end [tests + 1].</param>
/// <param name="members">Questions.</param>
/// <param name="seed">Of the resamples.</param>
internal sealed class PermutedSums(ClusterPermutation permutation, int[] starts, int[] members, ulong seed) : IResampler
{
    private readonly int[] _scratch = new int[permutation.Values.Length * 2];
    private readonly int[] _moved = new int[permutation.Values.Length * StepDown.Lanes];      // [questions, Lanes]: a question's values side by side

    public unsafe void Draw(int block, int lanes, Span<int> sums)
    {
        for (int lane = 0; lane < lanes; lane++)
        {
            permutation.Draw(Stream(seed, (block * StepDown.Lanes) + lane), _scratch, _moved.AsSpan(lane), StepDown.Lanes);
        }

        fixed (int* moved = _moved, member = members, into = sums)
        {
            for (int test = 0; test < starts.Length - 1; test++)
            {
                var (sum0, sum1) = (Vector512<int>.Zero, Vector512<int>.Zero);
                for (int i = starts[test]; i < starts[test + 1]; i++)
                {
                    int* row = moved + (member[i] * StepDown.Lanes);
                    sum0 += Vector512.Load(row);
                    sum1 += Vector512.Load(row + 16);
                }

                sum0.Store(into + (test * StepDown.Lanes));
                sum1.Store(into + (test * StepDown.Lanes) + 16);
            }
        }
    }

    /// <summary>Random numbers of one resample.</summary>
    public static SeededRandom Stream(ulong seed, int resample) => SeededRandom.For(seed, resample, "slices");
}
