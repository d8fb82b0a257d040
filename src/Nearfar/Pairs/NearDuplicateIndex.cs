using System.Numerics;

namespace Nearfar.Pairs;

/// <summary>Finds texts that share at least .8 of their shingles: candidates by MinHash bands, then the exact similarity.</summary>
/// <remarks>
/// Broder 1997; banding as in Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4: 24 bands of 4 rows miss a pair of similarity s
/// with probability (1 - s^4)^24, 3e-6 at .8. The permutations are a x + b modulo 2^32 over shingles that are hashes already. Reading from several threads is safe once nothing is added.
/// </remarks>
internal sealed class NearDuplicateIndex
{
    /// <summary>Bands of a signature.</summary>
    public const int Bands = 24;

    private const int RowsPerBand = 4;
    private static readonly uint[] s_factors = [.. Enumerable.Range(1, Bands * RowsPerBand).Select(i => (uint)Shingles.Mix((ulong)i * 0x9E3779B97F4A7C15UL) | 1)];
    private static readonly uint[] s_offsets = [.. Enumerable.Range(1, Bands * RowsPerBand).Select(i => (uint)Shingles.Mix((ulong)i * 0xD1B54A32D192ED03UL))];

    private readonly Dictionary<ulong, int>[] _heads = [.. Enumerable.Range(0, Bands).Select(_ => new Dictionary<ulong, int>())];
    private readonly List<int>[] _next = [.. Enumerable.Range(0, Bands).Select(_ => new List<int>())];
    private readonly List<uint[]> _sets = [];

    public int Count => _sets.Count;

    /// <summary>Adds a shingle set; its number is the count before.</summary>
    public void Add(uint[] set) => Add(set, BandKeys(set));

    /// <summary>Adds a set whose <see cref="BandKeys(uint[])"/> are known.</summary>
    public void Add(uint[] set, ulong[] keys)
    {
        for (int band = 0; band < Bands; band++)
        {
            _next[band].Add(_heads[band].GetValueOrDefault(keys[band], -1));
            _heads[band][keys[band]] = _sets.Count;
        }

        _sets.Add(set);
    }

    /// <summary>Numbers of the sets that agree with these keys in a band, each once; an exact check is the caller's.</summary>
    public List<int> Candidates(ulong[] keys)
    {
        var seen = new HashSet<int>();
        var found = new List<int>();
        for (int band = 0; band < Bands; band++)
        {
            for (int i = _heads[band].GetValueOrDefault(keys[band], -1); i >= 0; i = _next[band][i])
            {
                if (seen.Add(i))
                {
                    found.Add(i);
                }
            }
        }

        return found;
    }

    /// <summary>Numbers of the near-duplicates of a set, ascending.</summary>
    public List<int> Find(uint[] set)
    {
        var found = Candidates(BandKeys(set));
        found.RemoveAll(i => !IsNear(i, set));
        found.Sort();
        return found;
    }

    public bool IsNear(int number, uint[] set) => Shingles.AreNear(_sets[number], set);

    /// <summary>One key for each band of the set's MinHash signature.</summary>
    public static ulong[] BandKeys(uint[] set)
    {
        var keys = new ulong[Bands];
        BandKeys(set, keys);
        return keys;
    }

    /// <summary>The same into a span of <see cref="Bands"/>.</summary>
    public static void BandKeys(ReadOnlySpan<uint> set, Span<ulong> keys)
    {
        keys.Clear();
        Span<uint> least = stackalloc uint[Bands * RowsPerBand];
        least.Fill(uint.MaxValue);
        foreach (uint shingle in set)
        {
            var x = new Vector<uint>(shingle);
            for (int i = 0; i < least.Length; i += Vector<uint>.Count) // 96 lanes: a multiple of 4, 8 and 16
            {
                var value = (new Vector<uint>(s_factors, i) * x) + new Vector<uint>(s_offsets, i);
                Vector.Min(new Vector<uint>(least[i..]), value).CopyTo(least[i..]);
            }
        }

        for (int band = 0; band < Bands; band++)
        {
            foreach (uint value in least.Slice(band * RowsPerBand, RowsPerBand))
            {
                keys[band] = Shingles.Mix((keys[band] * 31) + value);
            }
        }
    }
}
