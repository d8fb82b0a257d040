namespace Nearfar.Pairs;

/// <summary>Finds texts that share at least .8 of their shingles: candidates by MinHash bands, then the exact similarity.</summary>
/// <remarks>
/// Broder 1997; banding as in Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4: 24 bands of 4 rows miss a pair of similarity s
/// with probability (1 - s^4)^24, 3e-6 at .8. Reading from several threads is safe once nothing is added.
/// </remarks>
internal sealed class NearDuplicateIndex
{
    private const int Bands = 24;
    private const int RowsPerBand = 4;
    private static readonly ulong[] s_seeds = [.. Enumerable.Range(1, Bands * RowsPerBand).Select(i => Shingles.Mix((ulong)i * 0x9E3779B97F4A7C15UL))];

    private readonly Dictionary<ulong, int>[] _heads = [.. Enumerable.Range(0, Bands).Select(_ => new Dictionary<ulong, int>())];
    private readonly List<int>[] _next = [.. Enumerable.Range(0, Bands).Select(_ => new List<int>())];
    private readonly List<uint[]> _sets = [];

    public int Count => _sets.Count;

    /// <summary>Adds a shingle set; its number is the count before.</summary>
    public void Add(uint[] set)
    {
        Span<ulong> keys = stackalloc ulong[Bands];
        BandKeys(set, keys);
        for (int band = 0; band < Bands; band++)
        {
            _next[band].Add(_heads[band].GetValueOrDefault(keys[band], -1));
            _heads[band][keys[band]] = _sets.Count;
        }

        _sets.Add(set);
    }

    /// <summary>Numbers of the sets that agree with this one in a band, each once; an exact check is the caller's.</summary>
    public List<int> Candidates(uint[] set)
    {
        Span<ulong> keys = stackalloc ulong[Bands];
        BandKeys(set, keys);
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
        var found = Candidates(set);
        found.RemoveAll(i => !IsNear(i, set));
        found.Sort();
        return found;
    }

    public bool IsNear(int number, uint[] set) => Shingles.Jaccard(_sets[number], set) >= Shingles.NearDuplicate;

    private static void BandKeys(uint[] set, Span<ulong> keys)
    {
        Span<ulong> least = stackalloc ulong[Bands * RowsPerBand];
        least.Fill(ulong.MaxValue);
        foreach (uint shingle in set)
        {
            for (int i = 0; i < least.Length; i++)
            {
                least[i] = Math.Min(least[i], Shingles.Mix(shingle ^ s_seeds[i]));
            }
        }

        for (int band = 0; band < Bands; band++)
        {
            ulong key = 0;
            foreach (ulong value in least.Slice(band * RowsPerBand, RowsPerBand))
            {
                key = Shingles.Mix((key * 31) + value);
            }

            keys[band] = key;
        }
    }
}
