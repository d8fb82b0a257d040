using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nearfar.Evaluation.Statistics;

/// <summary>Resampled p-values of many dependent tests, each alone and adjusted over all: largest statistic, step-down.</summary>
/// <remarks>
/// Westfall and Young 1993, algorithm 2.8; p = (1 + #{T* at least T}) / (1 + B), Phipson and Smyth 2010. Sums are whole numbers, so they are
/// the same for any order of adding, width of vector and number of threads.
/// </remarks>
internal sealed class StepDown
{
    /// <summary>Resamples drawn together: two vectors of 16.</summary>
    public const int Lanes = 32;

    private readonly Test[] _tests;
    private readonly double[] _thresholds;
    private readonly double[] _joint;   // of the test among all: none where the observed sum is beyond its reach
    private readonly int[] _order;      // ascending: the last is the most striking
    private readonly int _resamples;

    private StepDown(ReadOnlySpan<Test> tests, int resamples)
    {
        _tests = tests.ToArray();
        _thresholds = [.. _tests.Select(t => t.Statistic(t.Sum + t.Tolerance))];
        _joint = [.. _tests.Select((t, i) => t.Sum <= t.Reach ? _thresholds[i] : double.NegativeInfinity)];
        _order = [.. Enumerable.Range(0, _tests.Length).OrderBy(i => _joint[i])];
        _resamples = resamples;
    }

    /// <summary>A sum whose lowness is tested.</summary>
    /// <param name="Sum">Observed.</param>
    /// <param name="Expected">Its mean over resamples.</param>
    /// <param name="Spread">Its standard deviation over resamples, or anything in proportion for all tests; 0: the test is never significant.</param>
    /// <param name="Tolerance">Sums this much above the observed one still count as reaching it: what rounding to whole numbers can part.</param>
    /// <param name="Reach">A sum above it, observed or resampled, is no finding among all: it takes part in p alone only. Default: every sum may be one.</param>
    public readonly record struct Test(int Sum, double Expected, double Spread, int Tolerance = 0, int Reach = int.MaxValue)
    {
        public double Inverse => Spread > 0 ? 1 / Spread : 0;

        public double Statistic(int sum) => (Expected - sum) * Inverse;
    }

    /// <summary>What came out.</summary>
    /// <param name="P">By test, alone.</param>
    /// <param name="Adjusted">By test, over all.</param>
    /// <param name="Greatest">The largest statistic of each resample.</param>
    public sealed record Result(double[] P, double[] Adjusted, double[] Greatest);

    /// <param name="tests">In any order.</param>
    /// <param name="resamples">B, at least 1.</param>
    /// <param name="resampler">Makes the drawer of one thread.</param>
    /// <param name="threads">At least 1; moves no bit.</param>
    public static Result Run(ReadOnlySpan<Test> tests, int resamples, Func<IResampler> resampler, int threads)
    {
        var run = new StepDown(tests, resamples);
        int blocks = (resamples + Lanes - 1) / Lanes;
        int count = tests.Length;
        var total = new Counts(count);
        double[] greatest = new double[blocks * Lanes];
        if (threads == 1 || blocks == 1)
        {
            var drawer = resampler();
            for (int block = 0; block < blocks; block++)
            {
                run.Count(drawer, block, total, greatest);
            }
        }
        else
        {
            Parallel.For(0, blocks, new ParallelOptions { MaxDegreeOfParallelism = threads }, () => (Drawer: resampler(), Own: new Counts(count)), (block, _, local) =>
            {
                run.Count(local.Drawer, block, local.Own, greatest);
                return local;
            }, local => total.Add(local.Own));
        }

        return run.Finish(total, greatest.AsSpan(0, resamples).ToArray());
    }

    private Result Finish(Counts total, double[] greatest)
    {
        double[] p = new double[_tests.Length];
        double[] adjusted = new double[_tests.Length];
        double least = 0;
        for (int place = _order.Length - 1; place >= 0; place--)
        {
            int test = _order[place];
            p[test] = (1.0 + total.Alone[test]) / (1 + _resamples);
            adjusted[test] = least = Math.Max(least, (1.0 + total.Joint[test]) / (1 + _resamples));
        }

        return new(p, adjusted, greatest);
    }

    private unsafe void Count(IResampler drawer, int block, Counts counts, double[] greatest)
    {
        int lanes = Math.Min(Lanes, _resamples - (block * Lanes));
        drawer.Draw(block, lanes, counts.Sums);
        uint wanted = uint.MaxValue >> (Lanes - lanes);
        var (g0, g1, g2, g3) = (Lowest, Lowest, Lowest, Lowest);
        fixed (int* sums = counts.Sums)
        {
            foreach (int test in _order)
            {
                var expected = Vector512.Create(_tests[test].Expected);
                var inverse = Vector512.Create(_tests[test].Inverse);
                var threshold = Vector512.Create(_thresholds[test]);
                int* row = sums + (test * Lanes);
                var s0 = (expected - ToDouble(row)) * inverse;
                var s1 = (expected - ToDouble(row + 8)) * inverse;
                var s2 = (expected - ToDouble(row + 16)) * inverse;
                var s3 = (expected - ToDouble(row + 24)) * inverse;
                counts.Alone[test] += BitOperations.PopCount(wanted & Reached(s0, s1, s2, s3, threshold));
                if (_tests[test].Reach < int.MaxValue)
                {
                    // In units of the statistic: a sum is within reach where this is at least its own statistic there.
                    var within = Vector512.Create(_tests[test].Statistic(_tests[test].Reach));
                    (s0, s1, s2, s3) = (Within(s0, within), Within(s1, within), Within(s2, within), Within(s3, within));
                }

                threshold = Vector512.Create(_joint[test]);
                (g0, g1) = (Vector512.MaxNative(g0, s0), Vector512.MaxNative(g1, s1));
                (g2, g3) = (Vector512.MaxNative(g2, s2), Vector512.MaxNative(g3, s3));
                counts.Joint[test] += BitOperations.PopCount(wanted & Reached(g0, g1, g2, g3, threshold));
            }
        }

        var into = greatest.AsSpan(block * Lanes, Lanes);
        g0.CopyTo(into);
        g1.CopyTo(into[8..]);
        g2.CopyTo(into[16..]);
        g3.CopyTo(into[24..]);
    }

    private static Vector512<double> Lowest => Vector512.Create(double.NegativeInfinity);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Reached(Vector512<double> a, Vector512<double> b, Vector512<double> c, Vector512<double> d, Vector512<double> threshold) =>
        (uint)(Vector512.GreaterThanOrEqual(a, threshold).ExtractMostSignificantBits()
            | (Vector512.GreaterThanOrEqual(b, threshold).ExtractMostSignificantBits() << 8)
            | (Vector512.GreaterThanOrEqual(c, threshold).ExtractMostSignificantBits() << 16)
            | (Vector512.GreaterThanOrEqual(d, threshold).ExtractMostSignificantBits() << 24));

    private static Vector512<double> Within(Vector512<double> statistic, Vector512<double> least) =>
        Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(statistic, least), statistic, Lowest);

    // Exact on every machine: the integer, moved to be unsigned, becomes the low bits of 2^52, which is then taken off.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector512<double> ToDouble(int* eight)
    {
        var moved = Vector256.Load(eight).AsUInt32() ^ Vector256.Create(0x8000_0000u);
        var (low, high) = Vector256.Widen(moved);
        return (Vector512.Create(low, high) | Vector512.Create(0x4330_0000_0000_0000ul)).AsDouble() - Vector512.Create(4503601774854144.0);     // 2^52 + 2^31
    }

    private sealed class Counts(int tests)
    {
        public int[] Alone { get; } = new int[tests];

        public int[] Joint { get; } = new int[tests];

        public int[] Sums { get; } = new int[tests * Lanes];

        public void Add(Counts other)
        {
            lock (Alone)
            {
                for (int i = 0; i < Alone.Length; i++)
                {
                    Alone[i] += other.Alone[i];
                    Joint[i] += other.Joint[i];
                }
            }
        }
    }
}
