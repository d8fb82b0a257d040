namespace Nearfar.Evaluation.Ranking;

/// <summary>Orders the documents of one query after another and takes the measures. One thread; keeps its arrays.</summary>
internal sealed class QueryRanker(RankingOptions options, IReadOnlyList<RankingMeasure> measures, byte[] poolBytes)
{
    private static readonly List<PooledDocument> s_none = [];
    private readonly RankingMeasure[] _texts = [.. measures.Where(m => m.Text is not null)];
    private List<PooledDocument> _pool = s_none;
    private ulong[] _keys = [];
    private int[] _order = [];

    public DocumentTable Documents { get; } = new();

    /// <summary>Begins a query.</summary>
    /// <param name="pool">Its judgements; null when there are none.</param>
    public void Begin(List<PooledDocument>? pool)
    {
        _pool = pool ?? s_none;
        Documents.Begin(poolBytes, _pool);
    }

    /// <summary>The measures of the documents added since <see cref="Begin"/>.</summary>
    /// <param name="id">The query's.</param>
    /// <param name="block">Where the documents' ids lie.</param>
    public RankedQuery Score(string id, byte[] block)
    {
        var judgements = new Judgements(_pool.Select(d => d.Grade), options.Level);
        ThrowUnlessGainsAreFinite(id);
        int[] grades = Order(block);
        var ends = options.TieBreak is TieBreak.Expected or TieBreak.Pessimistic || options.MeasureTies ? TieGroups() : [];
        var (values, spread) = (new double[measures.Count], (double[]?)null);
        IRankingMeasures ranking = options.TieBreak switch
        {
            TieBreak.Expected => Expected(grades, ends, judgements),
            TieBreak.Pessimistic => Cut(TieOrders.Sorted(grades, ends, bestFirst: false), judgements),
            _ => Cut(grades, judgements),
        };
        Take(ranking, values);
        if (options.MeasureTies && ends.Count < grades.Length)
        {
            (spread, double[] worst) = (new double[measures.Count], new double[measures.Count]);
            Take(Cut(TieOrders.Sorted(grades, ends, bestFirst: true), judgements), spread);
            Take(Cut(TieOrders.Sorted(grades, ends, bestFirst: false), judgements), worst);
            for (int m = 0; m < worst.Length; m++)
            {
                spread[m] = Math.Abs(spread[m] - worst[m]);        // of unj, which is better low, too
            }
        }

        var query = new RankedQuery(id, values) { HasRelevant = judgements.Relevant > 0, Spread = spread };
        return _texts.Length == 0 ? query : query with { Texts = _texts.ToDictionary(m => m.Name, m => m.Text!((JudgedRanking)ranking), StringComparer.Ordinal) };
    }

    private void ThrowUnlessGainsAreFinite(string query)
    {
        int highest = _pool.Count == 0 ? 0 : _pool.Max(d => d.Grade);
        if (options.Gain == GainKind.Exponential && !double.IsFinite(GainTable.Exponential.Of(highest)))
        {
            throw new NearfarException($"Query \"{query}\": grade {highest} has no finite exponential gain. Use linear gain, or smaller grades.");
        }
    }

    private void Take(IRankingMeasures ranking, double[] into)
    {
        for (int m = 0; m < measures.Count; m++)
        {
            into[m] = measures[m].Value(ranking, options);
        }
    }

    private JudgedRanking Cut(int[] grades, Judgements judgements)
    {
        var ranking = new JudgedRanking(options.Depth < grades.Length ? grades[..options.Depth.Value] : grades, judgements);
        return options.JudgedOnly ? ranking.JudgedOnly() : ranking;
    }

    private ExpectedRanking Expected(int[] grades, List<int> ends, Judgements judgements)
    {
        if (!options.JudgedOnly)
        {
            return new ExpectedRanking(grades, ends, judgements);
        }

        var kept = new List<int>();
        var keptEnds = new List<int>();
        for (int g = 0, i = 0; g < ends.Count; g++)
        {
            int before = kept.Count;
            for (; i < ends[g]; i++)
            {
                if (grades[i] >= 0)
                {
                    kept.Add(grades[i]);
                }
            }

            if (kept.Count > before)
            {
                keptEnds.Add(kept.Count);
            }
        }

        return new ExpectedRanking([.. kept], keptEnds, judgements);
    }

    // Grades by rank; leaves the order behind.
    private int[] Order(byte[] block)
    {
        int count = Documents.Count;
        if (_order.Length < count)
        {
            _order = new int[Documents.Count * 2];
            _keys = new ulong[_order.Length];
        }

        var documents = Documents.Array;
        var order = _order.AsSpan(0, count);
        for (int i = 0; i < count; i++)
        {
            order[i] = i;
        }

        if (!IsOrdered(documents, block))
        {
            Sort(documents, order, block);
        }

        int[] grades = new int[count];
        for (int i = 0; i < count; i++)
        {
            grades[i] = documents[order[i]].Grade;
        }

        return grades;
    }

    // Most runs are written best first.
    private bool IsOrdered(DocumentTable.Ranked[] documents, byte[] block)
    {
        for (int i = 1; i < Documents.Count; i++)
        {
            ref readonly var before = ref documents[i - 1];
            ref readonly var here = ref documents[i];
            if (here.Score > before.Score || (here.Score == before.Score && options.TieBreak == TieBreak.TrecDescending && CompareIds(before, here, block) > 0))
            {
                return false;
            }
        }

        return true;
    }

    private void Sort(DocumentTable.Ranked[] documents, Span<int> order, byte[] block)
    {
        var keys = _keys.AsSpan(0, order.Length);
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = DescendingKey(documents[i].Score);
        }

        keys.Sort(order);
        for (int start = 0, end; start < keys.Length; start = end)
        {
            for (end = start + 1; end < keys.Length && keys[end] == keys[start];)
            {
                end++;
            }

            if (end - start > 1)
            {
                SortTies(documents, order[start..end], block);
            }
        }
    }

    private void SortTies(DocumentTable.Ranked[] documents, Span<int> tied, byte[] block)
    {
        tied.Sort();        // as they stand in the run
        if (options.TieBreak == TieBreak.TrecDescending)
        {
            tied.Sort(new ByIdDescending(documents, block));
        }
    }

    // Descending UTF-8 bytes: trec_eval breaks ties so.
    private static int CompareIds(in DocumentTable.Ranked a, in DocumentTable.Ranked b, byte[] block) =>
        block.AsSpan(b.Start, b.Length).SequenceCompareTo(block.AsSpan(a.Start, a.Length));

    // Scores hold no NaN and no -0, so that falling numbers are rising keys and equal numbers equal ones.
    private static ulong DescendingKey(double score)
    {
        long bits = BitConverter.DoubleToInt64Bits(score);
        return ~(ulong)(bits < 0 ? ~bits : bits | long.MinValue);
    }

    private List<int> TieGroups()
    {
        var documents = Documents.Array;
        var ends = new List<int>();
        for (int i = 1; i <= Documents.Count; i++)
        {
            if (i == Documents.Count || documents[_order[i]].Score != documents[_order[i - 1]].Score)
            {
                ends.Add(i);
            }
        }

        return ends;
    }

    private readonly struct ByIdDescending(DocumentTable.Ranked[] documents, byte[] block) : IComparer<int>
    {
        public int Compare(int a, int b) => CompareIds(documents[a], documents[b], block);
    }
}
