using System.Globalization;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Evaluation.Slices;

/// <summary>Questions parted by their vectors: spherical k-means (Dhillon and Modha 2001) from seeds drawn as k-means++ does (Arthur and Vassilvitskii 2007).</summary>
internal sealed unsafe class QueryGroups
{
    private const int MostRounds = 50;
    private readonly Rows<float> _rows;
    private readonly Rows<float> _centres;
    private readonly int[] _group;

    private QueryGroups(Rows<float> rows, int groups, ulong seed)
    {
        _rows = rows;
        _centres = Rows.Allocate<float>(groups, rows.Dimensions);
        _group = new int[rows.Count];
        Start(SeededRandom.For(seed, 0, "groups"));
        for (int round = 0; round < MostRounds && Assign(); round++)
        {
            Recentre();
        }
    }

    /// <summary>The group of each row: 0 to <paramref name="groups"/> - 1; -1 for a zero row, which is near nothing.</summary>
    /// <param name="rows">[N, D], any length.</param>
    /// <param name="groups">At most; fewer when rows are fewer or alike.</param>
    /// <param name="seed">Of the first centres.</param>
    public static int[] Of(Rows<float> rows, int groups, ulong seed)
    {
        int padded = Lanes.RoundUp(rows.Dimensions, Lanes.Count);
        int[] kept = [.. Enumerable.Range(0, rows.Count).Where(i => rows[i].ContainsAnyExcept(0f))];
        int[] all = new int[rows.Count];
        Array.Fill(all, -1);
        if (kept.Length == 0)
        {
            return all;
        }

        var unit = Rows.Allocate<float>(kept.Length, padded);
        for (int i = 0; i < kept.Length; i++)
        {
            rows[kept[i]].CopyTo(unit[i]);
            Normalise(unit[i]);
        }

        int[] group = new QueryGroups(unit, Math.Min(groups, kept.Length), seed)._group;
        for (int i = 0; i < kept.Length; i++)
        {
            all[kept[i]] = group[i];
        }

        return all;
    }

    /// <summary>The groups as an attribute; each is called by its number and the words that set it apart.</summary>
    public static SliceAttribute Attribute(QueryScore[] questions, VectorSet vectors, SliceOptions options)
    {
        var place = vectors.Ids.Select((id, i) => (id, i)).ToDictionary(v => v.id, v => v.i, StringComparer.Ordinal);
        if (questions.FirstOrDefault(q => !place.ContainsKey(q.Id)) is { } missing)
        {
            throw new NearfarException($"Question \"{missing.Id}\" has no vector among the {vectors.Ids.Count} of space {vectors.Space}. Embed all questions of the set: nearfar embed");
        }

        var rows = Rows.Allocate<float>(questions.Length, vectors.Rows.Dimensions);
        for (int i = 0; i < questions.Length; i++)
        {
            vectors.Rows[place[questions[i].Id]].CopyTo(rows[i]);
        }

        int[] groups = Of(rows, options.Groups, options.Seed);
        var words = questions.Select(q => SliceAttribute.WordsOf(q.Query)).ToArray();
        var names = groups.Distinct().ToDictionary(g => g, g => NameOf(g, groups, words));
        return SliceAttribute.Of(SliceCondition.GroupAttribute, [.. groups.Select(g => names[g])]);
    }

    private static string NameOf(int group, int[] groups, HashSet<string>[] words)
    {
        if (group < 0)
        {
            return "(no known token)";
        }

        double size = groups.Count(g => g == group);
        var shares = new Dictionary<string, double>(StringComparer.Ordinal);
        for (int i = 0; i < groups.Length; i++)
        {
            foreach (string word in words[i])
            {
                shares[word] = shares.GetValueOrDefault(word) + (groups[i] == group ? 1 / size : -1 / Math.Max(1, groups.Length - size));
            }
        }

        var own = shares.Where(s => s.Value > 0).OrderByDescending(s => s.Value).ThenBy(s => s.Key, StringComparer.Ordinal).Take(3).Select(s => s.Key);
        return string.Create(CultureInfo.InvariantCulture, $"{group + 1:00}: {string.Join(", ", own)}");
    }

    private void Start(SeededRandom random)
    {
        double[] far = new double[_rows.Count];
        Array.Fill(far, 1);
        for (int c = 0; c < _centres.Count; c++)
        {
            double at = random.Uniform() * far.Sum();
            int row = 0;
            while (row < _rows.Count - 1 && (at -= far[row]) >= 0)
            {
                row++;
            }

            _rows[row].CopyTo(_centres[c]);
            for (int i = 0; i < far.Length; i++)
            {
                double distance = Math.Max(0, 1 - Dot(_rows[i], _centres[c]));      // half the squared distance of unit vectors
                far[i] = c == 0 ? distance : Math.Min(far[i], distance);
            }
        }
    }

    private bool Assign()
    {
        bool moved = false;
        for (int i = 0; i < _group.Length; i++)
        {
            int best = 0;
            float nearest = float.NegativeInfinity;
            for (int c = 0; c < _centres.Count; c++)
            {
                float similarity = Dot(_rows[i], _centres[c]);
                (nearest, best) = similarity > nearest ? (similarity, c) : (nearest, best);
            }

            moved |= _group[i] != best;
            _group[i] = best;
        }

        return moved;
    }

    // A group that lost all its questions keeps its centre.
    private void Recentre()
    {
        int[] sizes = new int[_centres.Count];
        foreach (int group in _group)
        {
            sizes[group]++;
        }

        for (int c = 0; c < sizes.Length; c++)
        {
            if (sizes[c] > 0)
            {
                _centres[c].Clear();
            }
        }

        for (int i = 0; i < _group.Length; i++)
        {
            var row = _rows[i];
            var centre = _centres[_group[i]];
            for (int d = 0; d < row.Length; d++)
            {
                centre[d] += row[d];
            }
        }

        for (int c = 0; c < sizes.Length; c++)
        {
            Normalise(_centres[c]);
        }
    }

    private static void Normalise(Span<float> row)
    {
        float length = MathF.Sqrt(Dot(row, row));
        for (int d = 0; length > 0 && d < row.Length; d++)
        {
            row[d] /= length;
        }
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        fixed (float* x = a, y = b)
        {
            return Lanes.Dot(x, y, a.Length);
        }
    }
}
