namespace Nearfar.Evaluation.Ranking;

/// <summary>Measures averaged over all orders of tied documents, in closed form.</summary>
/// <remarks>
/// McSherry and Najork 2008, "Computing information retrieval performance measures efficiently in the presence of tied scores", ECIR:
/// precision, recall, reciprocal rank, average precision, nDCG. Hit rate, unjudged share and bpref follow the same way.
/// </remarks>
internal sealed class ExpectedRanking : IRankingMeasures
{
    private readonly Judgements _judgements;
    private readonly int[] _grades;
    private readonly Group[] _groups;

    /// <param name="grades">Grades in falling order of score, negative for unjudged.</param>
    /// <param name="ends">Index behind the last document of each group of equal scores, ascending.</param>
    /// <param name="judgements">Of the query.</param>
    public ExpectedRanking(int[] grades, IReadOnlyList<int> ends, Judgements judgements)
    {
        _grades = grades;
        _judgements = judgements;
        _groups = new Group[ends.Count];
        for (int g = 0, start = 0, before = 0, wrongBefore = 0; g < ends.Count; g++)
        {
            int relevant = 0, wrong = 0, unjudged = 0;
            foreach (int grade in grades.AsSpan(start, ends[g] - start))
            {
                relevant += grade >= judgements.Level ? 1 : 0;
                wrong += grade >= 0 && grade < judgements.Level ? 1 : 0;
                unjudged += grade < 0 ? 1 : 0;
            }

            _groups[g] = new Group(start, ends[g] - start, relevant, wrong, unjudged, before, wrongBefore);
            (start, before, wrongBefore) = (ends[g], before + relevant, wrongBefore + wrong);
        }
    }

    public int Retrieved => _grades.Length;

    public int Relevant => _judgements.Relevant;

    public int RelevantRetrieved => _groups.Sum(g => g.Relevant);

    public int NonRelevantRetrieved => _groups.Sum(g => g.Wrong);

    public double BinaryPreference
    {
        get
        {
            if (Relevant == 0)
            {
                return 0;
            }

            double sum = 0;
            double bound = Math.Min(_judgements.NonRelevant, Relevant);
            foreach (var group in _groups)
            {
                // Of the group's wrong documents 0, 1 … all stand before a relevant one, each equally likely.
                for (int above = 0; group.Relevant > 0 && above <= group.Wrong; above++)
                {
                    int wrong = group.WrongBefore + above;
                    sum += (wrong == 0 ? 1 : 1 - (Math.Min(wrong, Relevant) / bound)) * group.Relevant / (group.Wrong + 1);
                }
            }

            return sum / Relevant;
        }
    }

    public double RelevantIn(int k) => _groups.Sum(g => g.Relevant * g.ShareWithin(k));

    public double RecallAt(int k) => Relevant == 0 ? 0 : RelevantIn(k) / Relevant;

    public double PrecisionAt(int k) => RelevantIn(k) / k;

    public double UnjudgedAt(int k) => _groups.Sum(g => g.Unjudged * g.ShareWithin(k)) / k;

    public double HitAt(int k)
    {
        FirstIn(k, out var first, out int places);
        return first.Relevant == 0 || places <= 0 ? 0 : 1 - NoneAmong(first, places);
    }

    public double ReciprocalRankAt(int k)
    {
        FirstIn(k, out var first, out int places);
        double sum = 0;
        double none = 1;        // chance that none of the places so far holds a relevant document
        for (int j = 1; first.Relevant > 0 && j <= places && none > 0; j++)
        {
            double still = none * Math.Max(first.Count - first.Relevant - (j - 1), 0) / (first.Count - (j - 1));
            sum += (none - still) / (first.Start + j);
            none = still;
        }

        return sum;
    }

    public double AveragePrecisionAt(int k, MapDenominator denominator)
    {
        if (Relevant == 0)
        {
            return 0;
        }

        double sum = 0;
        foreach (var group in _groups)
        {
            double chance = (double)group.Relevant / group.Count;
            double others = group.Count > 1 ? (double)(group.Relevant - 1) / (group.Count - 1) : 0;
            for (int j = 1; group.Relevant > 0 && j <= group.Count && group.Start + j <= k; j++)
            {
                sum += chance * (group.Before + ((j - 1) * others) + 1) / (group.Start + j);
            }
        }

        return sum / (denominator == MapDenominator.Relevant ? Relevant : Math.Min(k, Relevant));
    }

    public double NdcgAt(int k, GainTable gains)
    {
        double ideal = _judgements.IdealGain(k, gains);
        double sum = 0;
        foreach (var group in _groups)
        {
            double gain = 0;
            foreach (int grade in _grades.AsSpan(group.Start, group.Count))
            {
                gain += gains.Of(grade);
            }

            for (int rank = group.Start + 1; gain != 0 && rank <= Math.Min(group.Start + group.Count, k); rank++)
            {
                sum += gain / group.Count / Math.Log2(rank + 1);
            }
        }

        return ideal > 0 ? sum / ideal : 0;
    }

    // The first group with a relevant document, and how many of its places count.
    private void FirstIn(int k, out Group first, out int places)
    {
        first = Array.Find(_groups, g => g.Relevant > 0);
        places = Math.Min(first.Count, k - first.Start);
    }

    // Chance that none of the first places of a group holds a relevant document.
    private static double NoneAmong(Group group, int places)
    {
        double chance = 1;
        for (int i = 0; i < places && chance > 0; i++)
        {
            chance *= (double)Math.Max(group.Count - group.Relevant - i, 0) / (group.Count - i);
        }

        return chance;
    }

    private readonly record struct Group(int Start, int Count, int Relevant, int Wrong, int Unjudged, int Before, int WrongBefore)
    {
        public double ShareWithin(int cut) => Math.Clamp((double)(cut - Start) / Count, 0, 1);
    }
}
