namespace Nearfar.Evaluation.Ranking;

/// <summary>One query's ranking beside its judgements: the ranking measures, bit-equal to trec_eval.</summary>
/// <remarks>Definitions and summation order of trec_eval (9.0.8 and 10.0 agree on all of them). Immutable, thread-safe.</remarks>
public sealed class JudgedRanking : IRankingMeasures
{
    private readonly Judgements _judgements;
    private readonly int[] _grades;
    private readonly int[] _relevantRanks;

    /// <param name="ranking">Document ids, best first; ties already ordered.</param>
    /// <param name="relevance">Grade by document id; a negative grade means "in the pool, unjudged".</param>
    /// <param name="level">Lowest grade that counts as relevant, at least 1. Default 1. nDCG ignores it.</param>
    /// <exception cref="ArgumentException">A document stands twice in the ranking.</exception>
    public JudgedRanking(IEnumerable<string> ranking, IReadOnlyDictionary<string, int> relevance, int level = 1)
        : this(GradesOf(ranking, relevance), new Judgements(relevance.Values, level))
        => ArgumentOutOfRangeException.ThrowIfLessThan(level, 1);

    /// <param name="grades">Grades by rank, negative for unjudged; kept.</param>
    /// <param name="judgements">Of the query.</param>
    internal JudgedRanking(int[] grades, Judgements judgements)
    {
        _grades = grades;
        _judgements = judgements;
        _relevantRanks = RanksFrom(grades, judgements.Level);
    }

    /// <summary>Relevant documents known, R; those that were not retrieved too.</summary>
    public int Relevant => _judgements.Relevant;

    /// <summary>Documents ranked.</summary>
    public int Retrieved => _grades.Length;

    /// <summary>Relevant documents ranked.</summary>
    public int RelevantRetrieved => _relevantRanks.Length;

    /// <summary>1-based rank of the first relevant document; 0 when none was retrieved.</summary>
    public int FirstRelevantRank => _relevantRanks.Length > 0 ? _relevantRanks[0] : 0;

    /// <summary>Share of the relevant documents in the top <paramref name="k"/>; 0 when R is 0.</summary>
    /// <param name="k">At least 1.</param>
    public double RecallAt(int k) => Relevant == 0 ? 0 : (double)RelevantIn(k) / Relevant;

    /// <summary>1 when a relevant document is in the top <paramref name="k"/>, else 0 (trec_eval: success).</summary>
    /// <param name="k">At least 1.</param>
    public double HitAt(int k) => FirstRelevantRank > 0 && FirstRelevantRank <= k ? 1 : 0;

    /// <summary>Relevant documents in the top <paramref name="k"/> divided by <paramref name="k"/>, also when fewer were retrieved.</summary>
    /// <param name="k">At least 1.</param>
    public double PrecisionAt(int k) => (double)RelevantIn(k) / k;

    /// <summary>Precision at rank R; 0 when R is 0 (trec_eval: Rprec).</summary>
    public double PrecisionAtR => Relevant == 0 ? 0 : PrecisionAt(Relevant);

    /// <summary>1 / rank of the first relevant document within the top <paramref name="k"/>, else 0.</summary>
    /// <param name="k">At least 1.</param>
    public double ReciprocalRankAt(int k) => HitAt(k) > 0 ? 1.0 / FirstRelevantRank : 0;

    /// <summary>Average precision over the top <paramref name="k"/> (trec_eval: map_cut); 0 when R is 0.</summary>
    /// <param name="k">At least 1.</param>
    /// <param name="denominator">R by default, as trec_eval.</param>
    public double AveragePrecisionAt(int k, MapDenominator denominator = MapDenominator.Relevant)
    {
        double sum = 0;
        for (int i = 0; i < _relevantRanks.Length && _relevantRanks[i] <= k; i++)
        {
            sum += (double)(i + 1) / _relevantRanks[i];
        }

        return Relevant == 0 ? 0 : sum / (denominator == MapDenominator.Relevant ? Relevant : Math.Min(k, Relevant));
    }

    /// <summary>Gain / log2(rank + 1), over the top <paramref name="k"/>, divided by that of the best order of all judged documents.</summary>
    /// <param name="k">At least 1.</param>
    /// <param name="gain">What a grade is worth; linear by default, as trec_eval.</param>
    /// <remarks>Järvelin and Kekäläinen 2002; grades below 0 count 0.</remarks>
    public double NdcgAt(int k, GainKind gain = GainKind.Linear) => NdcgAt(k, gain == GainKind.Linear ? GainTable.Linear : new GainTable(gain));

    /// <summary>Share of judged wrong documents that stand behind a relevant one, mean over the relevant: bpref; unjudged documents do not count.</summary>
    /// <remarks>Buckley and Voorhees 2004, "Retrieval evaluation with incomplete information", with trec_eval's bound min(N, R).</remarks>
    public double BinaryPreference
    {
        get
        {
            double sum = 0;
            int wrong = 0;
            int bound = Math.Min(_judgements.NonRelevant, Relevant);
            foreach (int grade in _grades)
            {
                if (grade >= _judgements.Level)
                {
                    sum += wrong == 0 ? 1 : 1 - ((double)Math.Min(wrong, Relevant) / bound);
                }
                else if (grade >= 0)
                {
                    wrong++;
                }
            }

            return Relevant == 0 ? 0 : sum / Relevant;
        }
    }

    /// <summary>Documents of the top <paramref name="k"/> that nobody judged, divided by <paramref name="k"/>.</summary>
    /// <param name="k">At least 1.</param>
    public double UnjudgedAt(int k)
    {
        int unjudged = 0;
        foreach (int grade in _grades.AsSpan(0, Math.Min(k, _grades.Length)))
        {
            unjudged += grade < 0 ? 1 : 0;
        }

        return (double)unjudged / k;
    }

    /// <summary>Highest precision at any rank by which that share of the relevant documents is found; 0 when it never is.</summary>
    /// <param name="recall">0 to 1; the number of documents is (int)(recall R + 0.9), as in trec_eval.</param>
    public double InterpolatedPrecisionAt(double recall)
    {
        int needed = (int)((recall * Relevant) + 0.9);
        double best = 0;
        if (needed > RelevantRetrieved)
        {
            return 0;
        }

        // Between two relevant ranks precision falls: only they, and for recall 0 nothing else, can hold the highest.
        for (int found = Math.Max(needed, 1); found <= RelevantRetrieved; found++)
        {
            best = Math.Max(best, (double)found / _relevantRanks[found - 1]);
        }

        return best;
    }

    /// <summary>The ranking without the documents that nobody judged, ranks closed (trec_eval: <c>-J</c>).</summary>
    public JudgedRanking JudgedOnly() => new([.. _grades.Where(g => g >= 0)], _judgements);

    /// <summary>Grades by rank; <see cref="Judgements.NotPooled"/> or <see cref="Judgements.PooledUnjudged"/> for unjudged.</summary>
    internal ReadOnlySpan<int> Grades => _grades;

    internal Judgements Judgements => _judgements;

    internal double NdcgAt(int k, GainTable gains)
    {
        double ideal = _judgements.IdealGain(k, gains);
        if (!(ideal > 0))
        {
            return 0;
        }

        double sum = 0;
        for (int i = 0; i < Math.Min(k, _grades.Length); i++)
        {
            // Math.Log2 equals glibc's log2 on all ranks; ln x / ln 2 does not. A grade of 0 may have been given a gain.
            if (_grades[i] > 0 || (_grades[i] == 0 && !gains.IsPlain))
            {
                sum += gains.Of(_grades[i]) / Math.Log2(i + 2);
            }
        }

        return sum / ideal;
    }

    /// <summary>The same judgements with the ranked grades in another order, for tie sensitivity.</summary>
    internal JudgedRanking Reordered(int[] grades) => new(grades, _judgements);

    internal int RelevantIn(int k)
    {
        int at = _relevantRanks.AsSpan().BinarySearch(k);
        return at >= 0 ? at + 1 : ~at;
    }

    int IRankingMeasures.NonRelevantRetrieved
    {
        get
        {
            int wrong = 0;
            foreach (int grade in _grades)
            {
                wrong += grade >= 0 && grade < _judgements.Level ? 1 : 0;
            }

            return wrong;
        }
    }

    double IRankingMeasures.RelevantIn(int k) => RelevantIn(k);

    double IRankingMeasures.NdcgAt(int k, GainTable gains) => NdcgAt(k, gains);

    private static int[] RanksFrom(int[] grades, int level)
    {
        int count = 0;
        foreach (int grade in grades)
        {
            count += grade >= level ? 1 : 0;
        }

        int[] ranks = new int[count];
        for (int i = 0, next = 0; next < count; i++)
        {
            if (grades[i] >= level)
            {
                ranks[next++] = i + 1;
            }
        }

        return ranks;
    }

    private static int[] GradesOf(IEnumerable<string> ranking, IReadOnlyDictionary<string, int> relevance)
    {
        ArgumentNullException.ThrowIfNull(ranking);
        ArgumentNullException.ThrowIfNull(relevance);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var grades = new List<int>();
        foreach (string id in ranking)
        {
            if (!seen.Add(id))
            {
                throw new ArgumentException($"Document \"{id}\" stands twice in a ranking; a document may be ranked once.", nameof(ranking));
            }

            grades.Add(relevance.TryGetValue(id, out int grade) ? Judgements.Ranked(grade) : Judgements.NotPooled);
        }

        return [.. grades];
    }
}
