namespace Nearfar.Evaluation;

/// <summary>One query's ranking beside its judgements: the ranking measures, bit-equal to trec_eval.</summary>
/// <remarks>Definitions and summation order of trec_eval (9.0.8 and 10.0 agree on all of them). Immutable, thread-safe.</remarks>
public sealed class JudgedRanking
{
    private const int Unjudged = -1;
    private readonly int[] _grades;
    private readonly int[] _ideal;
    private readonly int _level;

    /// <param name="ranking">Document ids, best first; ties already ordered.</param>
    /// <param name="relevance">Grade by document id; a negative grade means "in the pool, unjudged".</param>
    /// <param name="level">Lowest grade that counts as relevant, at least 1. Default 1. nDCG ignores it.</param>
    /// <exception cref="ArgumentException">A document stands twice in the ranking.</exception>
    public JudgedRanking(IEnumerable<string> ranking, IReadOnlyDictionary<string, int> relevance, int level = 1)
        : this(GradesOf(ranking, relevance), relevance, level) { }

    private JudgedRanking(int[] grades, IReadOnlyDictionary<string, int> relevance, int level)
        : this(grades, IdealOf(relevance), relevance.Values.Count(g => g >= level), level)
        => ArgumentOutOfRangeException.ThrowIfLessThan(level, 1);

    private JudgedRanking(int[] grades, int[] ideal, int relevant, int level)
    {
        _grades = grades;
        _ideal = ideal;
        _level = level;
        Relevant = relevant;
        FirstRelevantRank = Array.FindIndex(grades, g => g >= level) + 1;
    }

    /// <summary>Relevant documents known, R; those that were not retrieved too.</summary>
    public int Relevant { get; }

    /// <summary>1-based rank of the first relevant document; 0 when none was retrieved.</summary>
    public int FirstRelevantRank { get; }

    /// <summary>Share of the relevant documents in the top <paramref name="k"/>; 0 when R is 0.</summary>
    /// <param name="k">At least 1.</param>
    public double RecallAt(int k) => Relevant == 0 ? 0 : (double)RelevantIn(k) / Relevant;

    /// <summary>1 when a relevant document is in the top <paramref name="k"/>, else 0 (trec_eval: success).</summary>
    /// <param name="k">At least 1.</param>
    public double HitAt(int k) => FirstRelevantRank > 0 && FirstRelevantRank <= k ? 1 : 0;

    /// <summary>Relevant documents in the top <paramref name="k"/> divided by <paramref name="k"/>, also when fewer were retrieved.</summary>
    /// <param name="k">At least 1.</param>
    public double PrecisionAt(int k) => (double)RelevantIn(k) / k;

    /// <summary>1 / rank of the first relevant document within the top <paramref name="k"/>, else 0.</summary>
    /// <param name="k">At least 1.</param>
    public double ReciprocalRankAt(int k) => HitAt(k) > 0 ? 1.0 / FirstRelevantRank : 0;

    /// <summary>Average precision over the top <paramref name="k"/>, divided by R (trec_eval: map_cut).</summary>
    /// <param name="k">At least 1.</param>
    public double AveragePrecisionAt(int k)
    {
        double sum = 0;
        int found = 0;
        for (int i = 0; i < Math.Min(k, _grades.Length); i++)
        {
            if (_grades[i] >= _level)
            {
                found++;
                sum += (double)found / (i + 1);
            }
        }

        return Relevant == 0 ? 0 : sum / Relevant;
    }

    /// <summary>Gain, grade / log2(rank + 1), over the top <paramref name="k"/>, divided by that of the best order of all judged documents.</summary>
    /// <param name="k">At least 1.</param>
    /// <remarks>Järvelin and Kekäläinen 2002 with linear gain; grades below 0 count 0.</remarks>
    public double NdcgAt(int k)
    {
        double ideal = DiscountedGain(_ideal, k);
        return ideal > 0 ? DiscountedGain(_grades, k) / ideal : 0;
    }

    /// <summary>Documents of the top <paramref name="k"/> that nobody judged, divided by <paramref name="k"/>.</summary>
    /// <param name="k">At least 1.</param>
    public double UnjudgedAt(int k) => (double)_grades.AsSpan(0, Math.Min(k, _grades.Length)).Count(Unjudged) / k;

    /// <summary>The same judgements with the ranked grades in another order, for tie sensitivity.</summary>
    internal JudgedRanking Reordered(int[] grades) => new(grades, _ideal, Relevant, _level);

    /// <summary>Grades by rank, -1 for unjudged.</summary>
    internal ReadOnlySpan<int> Grades => _grades;

    private int RelevantIn(int k)
    {
        int found = 0;
        for (int i = 0; i < Math.Min(k, _grades.Length); i++)
        {
            found += _grades[i] >= _level ? 1 : 0;
        }

        return found;
    }

    private static double DiscountedGain(int[] grades, int k)
    {
        double sum = 0;
        for (int i = 0; i < Math.Min(k, grades.Length); i++)
        {
            if (grades[i] > 0)
            {
                sum += grades[i] / Math.Log2(i + 2);       // Math.Log2 equals glibc's log2 on all ranks; ln x / ln 2 does not
            }
        }

        return sum;
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

            grades.Add(relevance.TryGetValue(id, out int grade) ? Math.Max(grade, Unjudged) : Unjudged);
        }

        return [.. grades];
    }

    private static int[] IdealOf(IReadOnlyDictionary<string, int> relevance) => [.. relevance.Values.Where(g => g > 0).OrderDescending()];
}
