namespace Nearfar.Pairs;

/// <summary>Joins all near-duplicates of a large collection at once: connected components over texts that share at least .8 of their shingles.</summary>
/// <remarks>
/// The bands of <see cref="NearDuplicateIndex"/>, but sorted one after the other in place of 24 hash tables: 96 bytes a text beside its
/// shingles. The components do not depend on the order in which pairs are met, so any number of threads gives the same ones. Two bands of 32
/// bits agree by chance as well; the exact check takes such pairs out.
/// </remarks>
internal static class NearDuplicateJoin
{
    /// <summary>Shingles of many texts, in their order.</summary>
    /// <param name="count">How many texts.</param>
    /// <param name="text">Text by number; called from several threads.</param>
    /// <param name="threads">At most so many; -1: as the machine has.</param>
    /// <param name="cancellationToken">Stops between texts.</param>
    public static uint[][] ShinglesOf(int count, Func<int, string> text, int threads = -1, CancellationToken cancellationToken = default)
    {
        var sets = new uint[count][];
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken }, i => sets[i] = Shingles.Of(text(i)));
        return sets;
    }

    /// <param name="sets">Shingles of each text.</param>
    /// <param name="union">Receives the joins; components that it has already are kept.</param>
    /// <param name="threads">At most so many; -1: as the machine has.</param>
    /// <param name="cancellationToken">Stops between bands.</param>
    public static void Join(uint[][] sets, UnionFind union, int threads = -1, CancellationToken cancellationToken = default)
    {
        int[] distinct = JoinEqual(sets, union);
        uint[] keys = Keys(sets, distinct, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken });
        ulong[] sorted = new ulong[distinct.Length];
        var groups = new BandGroups(sets, union);
        for (int band = 0; band < NearDuplicateIndex.Bands; band++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int i = 0; i < distinct.Length; i++)
            {
                sorted[i] = ((ulong)keys[(band * distinct.Length) + i] << 32) | (uint)distinct[i];
            }

            Array.Sort(sorted);
            for (int start = 0; start < sorted.Length;)
            {
                int end = start + 1;
                while (end < sorted.Length && sorted[end] >> 32 == sorted[start] >> 32)
                {
                    end++;
                }

                if (end - start > 1)
                {
                    groups.Join(sorted.AsSpan(start, end - start));
                }

                start = end;
            }
        }
    }

    // A thousand copies of one text are one text: they need not meet each other in every band.
    private static int[] JoinEqual(uint[][] sets, UnionFind union)
    {
        var first = new Dictionary<Int128, int>(sets.Length);
        var distinct = new List<int>(sets.Length);
        for (int i = 0; i < sets.Length; i++)
        {
            var key = Shingles.KeyOf(sets[i]);
            if (first.TryAdd(key, i))
            {
                distinct.Add(i);
            }
            else
            {
                union.Union(first[key], i);
            }
        }

        return [.. distinct];
    }

    // [band, text], so that a band is read in one sweep.
    private static uint[] Keys(uint[][] sets, int[] distinct, ParallelOptions options)
    {
        uint[] keys = new uint[checked(NearDuplicateIndex.Bands * distinct.Length)];
        Parallel.For(0, distinct.Length, options, i =>
        {
            Span<ulong> own = stackalloc ulong[NearDuplicateIndex.Bands];
            NearDuplicateIndex.BandKeys(sets[distinct[i]], own);
            for (int band = 0; band < own.Length; band++)
            {
                keys[(band * distinct.Length) + i] = (uint)(own[band] >> 32);
            }
        });
        return keys;
    }

    /// <summary>Checks the texts that agree in a band: those of one component need no check among each other.</summary>
    private sealed class BandGroups(uint[][] sets, UnionFind union)
    {
        private readonly Dictionary<int, List<int>> _parts = [];
        private readonly List<int> _near = [];

        public void Join(ReadOnlySpan<ulong> group)
        {
            _parts.Clear();
            foreach (ulong entry in group)
            {
                int member = (int)(uint)entry;
                int root = union.Find(member);
                if (_parts.TryGetValue(root, out var own))
                {
                    own.Add(member);
                    continue;
                }

                Place(member, root);
            }
        }

        private void Place(int member, int root)
        {
            _near.Clear();
            foreach (var (other, members) in _parts)
            {
                if (members.Exists(m => Shingles.AreNear(sets[m], sets[member])))
                {
                    _near.Add(other);
                }
            }

            List<int> joined = [member];
            foreach (int other in _near)
            {
                union.Union(root, other);
                joined.AddRange(_parts[other]);
                _parts.Remove(other);
            }

            _parts[union.Find(member)] = joined;
        }
    }
}
