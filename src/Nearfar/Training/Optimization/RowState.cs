using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Nearfar.Vectors;

namespace Nearfar.Training.Optimization;

/// <summary>One value of optimiser state for each weight: float32, or bfloat16 with seeded stochastic rounding.</summary>
internal sealed unsafe class RowState
{
    private readonly int _padded;
    private readonly ushort[] _halves;
    private readonly uint _seed;

    /// <param name="length">Values; 0: this optimiser has no such state, reads give zeros.</param>
    /// <param name="padded">Values of a row, a multiple of 16.</param>
    /// <param name="half">bfloat16.</param>
    /// <param name="seed">Of rounding.</param>
    public RowState(int length, int padded, bool half, ulong seed)
    {
        (_padded, _seed) = (padded, (uint)(seed ^ (seed >> 32)));
        Singles = half || length == 0 ? default : AlignedMemory.Allocate(length);
        _halves = half ? new ushort[length] : [];
    }

    /// <summary>The values when they are float32.</summary>
    public Memory<float> Singles { get; }

    public void Read(int row, float* into)
    {
        var target = new Span<float>(into, _padded);
        if (_halves.Length > 0)
        {
            var halves = _halves.AsSpan(row * _padded, _padded);
            for (int i = 0; i < halves.Length; i++)
            {
                target[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
            }
        }
        else if (Singles.IsEmpty)
        {
            target.Clear();
        }
        else
        {
            Singles.Span.Slice(row * _padded, _padded).CopyTo(target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(int row, float* from, long step)
    {
        if (_halves.Length == 0)
        {
            if (!Singles.IsEmpty)
            {
                new Span<float>(from, _padded).CopyTo(Singles.Span[(row * _padded)..]);
            }

            return;
        }

        uint place = Mix(_seed ^ Mix((uint)step ^ Mix((uint)row)));
        var lanes = Vector512<uint>.Indices + Vector512.Create(place);
        fixed (ushort* halves = &_halves[row * _padded])
        {
            for (int i = 0; i < _padded; i += Vector512<uint>.Count, lanes += Vector512.Create((uint)Vector512<uint>.Count))
            {
                var bits = Vector512.Load(from + i).AsUInt32() + (Mix(lanes) & Vector512.Create(0xffffu));
                Vector512.Narrow(bits >> 16, bits >> 16).GetLower().Store(halves + i);
            }
        }
    }

    public void Save(Stream to)
    {
        to.Write(MemoryMarshal.AsBytes(Singles.Span));
        to.Write(MemoryMarshal.AsBytes(_halves.AsSpan()));
    }

    public void Load(Stream from)
    {
        from.ReadExactly(MemoryMarshal.AsBytes(Singles.Span));
        from.ReadExactly(MemoryMarshal.AsBytes(_halves.AsSpan()));
    }

    // A 32-bit finaliser by shifts and products: every bit of the input reaches the low 16 bits, which decide the rounding.
    private static Vector512<uint> Mix(Vector512<uint> x)
    {
        x = (x ^ (x >> 16)) * 0x7feb352du;
        x = (x ^ (x >> 15)) * 0x846ca68bu;
        return x ^ (x >> 16);
    }

    private static uint Mix(uint x)
    {
        x = (x ^ (x >> 16)) * 0x7feb352du;
        x = (x ^ (x >> 15)) * 0x846ca68bu;
        return x ^ (x >> 16);
    }
}
