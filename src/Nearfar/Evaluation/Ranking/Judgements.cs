namespace Nearfar.Evaluation.Ranking;

/// <summary>What the measures need to know of one query's judgements.</summary>
internal sealed class Judgements
{
    /// <summary>Grade of a ranked document that the judgements do not name.</summary>
    public const int NotPooled = -1;

    /// <summary>Grade of a ranked document that the judgements name with a negative grade: in the pool, not judged.</summary>
    public const int PooledUnjudged = -2;

    private readonly int[] _descending;

    /// <param name="grades">Grades of all documents of the pool; negative: in the pool, not judged.</param>
    /// <param name="level">Lowest grade that counts as relevant, at least 1.</param>
    public Judgements(IEnumerable<int> grades, int level)
    {
        _descending = [.. grades.Where(g => g >= 0).OrderDescending()];
        Level = level;
        Relevant = _descending.Count(g => g >= level);
    }

    /// <summary>How a grade of the judgements stands in a ranking.</summary>
    public static int Ranked(int grade) => grade < 0 ? PooledUnjudged : grade;

    public int Level { get; }

    /// <summary>Grades from 0 up, highest first: the ideal order.</summary>
    public ReadOnlySpan<int> Descending => _descending;

    /// <summary>Judged with at least <see cref="Level"/>, R.</summary>
    public int Relevant { get; }

    /// <summary>Judged below <see cref="Level"/>, N.</summary>
    public int NonRelevant => _descending.Length - Relevant;

    /// <summary>Discounted gain of the best order of all judged documents, cut at k.</summary>
    public double IdealGain(int k, GainTable gains)
    {
        if (!gains.IsPlain)
        {
            return DiscountedGain([.. _descending.Select(gains.Of).OrderDescending()], k);
        }

        double sum = 0;
        for (int i = 0; i < Math.Min(k, _descending.Length) && _descending[i] > 0; i++)
        {
            sum += gains.Of(_descending[i]) / Math.Log2(i + 2);
        }

        return sum;
    }

    private static double DiscountedGain(double[] gains, int k)
    {
        double sum = 0;
        for (int i = 0; i < Math.Min(k, gains.Length) && gains[i] > 0; i++)
        {
            sum += gains[i] / Math.Log2(i + 2);
        }

        return sum;
    }
}
