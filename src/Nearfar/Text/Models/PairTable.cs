namespace Nearfar.Text.Models;

/// <summary>Pairs of ids and a rank for each: open addressing, since a merge loop looks up little else. Immutable once filled.</summary>
internal sealed class PairTable
{
    private readonly ulong[] _keys;     // 0 is free: keys are stored plus one
    private readonly int[] _ranks;
    private readonly int _shift;

    public PairTable(int count)
    {
        int bits = 4;
        while (1 << bits < count * 2)
        {
            bits++;
        }

        _keys = new ulong[1 << bits];
        _ranks = new int[1 << bits];
        _shift = 64 - bits;
    }

    /// <summary>Sets the rank of a pair; the last one set counts.</summary>
    public void Set(int left, int right, int rank)
    {
        int slot = Slot(Key(left, right));
        _keys[slot] = Key(left, right);
        _ranks[slot] = rank;
    }

    /// <summary>The rank of a pair, or <see cref="int.MaxValue"/>.</summary>
    public int RankOf(int left, int right)
    {
        int slot = Slot(Key(left, right));
        return _keys[slot] == 0 ? int.MaxValue : _ranks[slot];
    }

    private static ulong Key(int left, int right) => (((ulong)(uint)left << 32) | (uint)right) + 1;

    private int Slot(ulong key)
    {
        int slot = (int)((key * 0x9E3779B97F4A7C15) >> _shift);
        while (_keys[slot] != 0 && _keys[slot] != key)
        {
            slot = (slot + 1) & (_keys.Length - 1);
        }

        return slot;
    }
}
