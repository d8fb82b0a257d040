namespace Nearfar.Tests.Evaluation.Ranking;

/// <summary>The measures as their definitions read, in plain loops over strings: slow, and shares no code with the real ones.</summary>
internal static class PlainMeasures
{
    /// <summary>Grades by rank, null for unjudged.</summary>
    public static List<int?> Rank(IEnumerable<(string Id, double Score)> documents, Dictionary<string, int> judged, bool single, int? depth, bool judgedOnly)
    {
        return [.. RankPooled(documents, judged, single, depth, judgedOnly).Select(g => g >= 0 ? g : null)];
    }

    /// <summary>Grades by rank as they stand in the judgements, null for what does not.</summary>
    public static List<int?> RankPooled(IEnumerable<(string Id, double Score)> documents, Dictionary<string, int> judged, bool single, int? depth, bool judgedOnly)
    {
        var sorted = documents.Select(d => (d.Id, Score: single ? (float)d.Score : d.Score)).ToList();
        sorted.Sort((a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : -Bytes(a.Id, b.Id));
        if (depth < sorted.Count)
        {
            sorted.RemoveRange(depth.Value, sorted.Count - depth.Value);
        }

        var grades = sorted.Select(d => judged.TryGetValue(d.Id, out int grade) ? grade : (int?)null).ToList();
        grades.RemoveAll(g => judgedOnly && !(g >= 0));
        return grades;
    }

    /// <summary>Measures that tell a document of the pool that nobody judged from one outside it.</summary>
    public static double OfPooled(string measure, List<int?> ranking, Dictionary<string, int> judged, int level)
    {
        double persistence = measure.EndsWith("p=0.5", StringComparison.Ordinal) ? 0.5 : 0.9;
        double sum = 0;
        switch (measure.Split('_')[0] + (measure.StartsWith("rbp_resid", StringComparison.Ordinal) ? "_resid" : ""))
        {
            case "infAP":
                for (int rank = 1; rank <= ranking.Count; rank++)
                {
                    var above = ranking.Take(rank - 1).ToList();
                    if (ranking[rank - 1] >= level)
                    {
                        int right = above.Count(g => g >= level), wrong = above.Count(g => g >= 0 && g < level), pooled = above.Count(g => g is not null);
                        sum += rank == 1 ? 1 : (1.0 / rank) + ((rank - 1.0) / rank * (pooled / (rank - 1.0)) * ((right + 0.00001) / (right + wrong + 0.00002)));
                    }
                }

                int relevant = judged.Values.Count(g => g >= level);
                return relevant == 0 ? 0 : sum / relevant;
            case "rbp":
                double highest = judged.Values.Where(g => g >= 0).DefaultIfEmpty(0).Max();
                for (int rank = 1; rank <= ranking.Count; rank++)
                {
                    sum += Math.Max(ranking[rank - 1] ?? 0, 0) / Math.Max(highest, 1.0) * Power(persistence, rank - 1);
                }

                return (1 - persistence) * sum;
            case "rbp_resid":
                for (int rank = 1; rank <= ranking.Count; rank++)
                {
                    sum += ranking[rank - 1] >= 0 ? 0 : Power(persistence, rank - 1);
                }

                return ranking.All(g => g >= 0) ? 0 : Power(persistence, ranking.Count) + ((1 - persistence) * sum);
            default: throw new ArgumentException(measure);
        }
    }

    /// <summary>What <c>relstring</c> prints.</summary>
    public static string Characters(List<int?> ranking, int length) => string.Concat(ranking.Take(length).Select(g => g is null ? "-" : g < 0 ? "." : g > 9 ? ">" : $"{g}"));

    private static double Power(double p, int exponent) => Enumerable.Repeat(p, exponent).Aggregate(1.0, (product, factor) => product * factor);

    public static double Of(string measure, List<int?> ranking, Dictionary<string, int> judged, int level)
    {
        int dot = measure.LastIndexOf('_');
        int k = dot > 0 && int.TryParse(measure[(dot + 1)..], out int cut) ? cut : int.MaxValue;
        string name = k == int.MaxValue ? measure : measure[..dot];
        int relevant = judged.Values.Count(g => g >= level);
        int wrong = judged.Values.Count(g => g >= 0 && g < level);
        int Found(int top) => ranking.Take(top).Count(g => g >= level);
        int first = ranking.FindIndex(g => g >= level) + 1;
        switch (name)
        {
            case "num_ret": return ranking.Count;
            case "num_rel": return relevant;
            case "num_rel_ret": return Found(int.MaxValue);
            case "recall": return relevant == 0 ? 0 : (double)Found(k) / relevant;
            case "P": return (double)Found(k) / k;
            case "success": return first > 0 && first <= k ? 1 : 0;
            case "recip_rank": return first > 0 ? 1.0 / first : 0;
            case "Rprec": return relevant == 0 ? 0 : (double)Found(relevant) / relevant;
            case "unj": return (double)ranking.Take(k).Count(g => g is null) / k;
            case "map" or "map_cut":
                double precisions = 0;
                for (int rank = 1; rank <= ranking.Count && rank <= k; rank++)
                {
                    if (ranking[rank - 1] >= level)
                    {
                        precisions += (double)Found(rank) / rank;
                    }
                }

                return relevant == 0 ? 0 : precisions / relevant;
            case "ndcg" or "ndcg_cut":
                double ideal = Gain([.. judged.Values.OrderByDescending(g => g)], k);
                return ideal > 0 ? Gain([.. ranking.Select(g => g ?? 0)], k) / ideal : 0;
            case "bpref":
                double preferred = 0;
                for (int rank = 1; rank <= ranking.Count; rank++)
                {
                    int above = ranking.Take(rank - 1).Count(g => g >= 0 && g < level);
                    if (ranking[rank - 1] >= level)
                    {
                        preferred += above == 0 ? 1 : 1 - ((double)Math.Min(above, relevant) / Math.Min(wrong, relevant));
                    }
                }

                return relevant == 0 ? 0 : preferred / relevant;
            case "utility": return Found(int.MaxValue) - (ranking.Count - Found(int.MaxValue));
            case "binG":
                double steps = 0;
                for (int rank = 1; rank <= ranking.Count; rank++)
                {
                    steps += ranking[rank - 1] >= level ? 1 / Math.Log2(2 + ranking.Take(rank - 1).Count(g => !(g >= level))) : 0;
                }

                return Found(int.MaxValue) == 0 ? 0 : steps / relevant;
            case "G":
                double gains = 0;
                double[] costs = [.. judged.Values.Where(g => g >= 0).OrderDescending().Concat(Enumerable.Repeat(0, ranking.Count)).Select(g => Math.Max(1.0, g))];
                for (int rank = 1; rank <= ranking.Count; rank++)
                {
                    gains += ranking[rank - 1] > 0 ? ranking[rank - 1]!.Value / Math.Log2(2 + costs.Take(rank).Sum() - ranking.Take(rank).Sum(g => (double)(g ?? 0))) : 0;
                }

                return judged.Values.Any(g => g > 0) ? gains / judged.Values.Where(g => g > 0).Sum(g => (double)g) : 0;
            case "ndcg_rel":
                List<int> best = [.. judged.Values.Where(g => g > 0).OrderDescending()], got = [.. ranking.Select(g => g ?? 0)];
                if (best.Count == 0)
                {
                    return 0;
                }

                double atRelevant = 0;
                for (int rank = 1; rank <= got.Count; rank++)
                {
                    atRelevant += got[rank - 1] > 0 ? Gain(got, rank) / Gain(best, rank) : 0;
                }

                return (atRelevant + ((best.Count - got.Count(g => g > 0)) * Gain(got, int.MaxValue) / Gain(best, int.MaxValue))) / best.Count;
            case "Rndcg":
                List<int> order = [.. judged.Values.Where(g => g > 0).OrderDescending()], ranked = [.. ranking.Select(g => g ?? 0)];
                if (relevant == 0)
                {
                    return 0;
                }

                double atLevels = 0;
                int points = 0, reached = 0;
                foreach (var gradeLevel in order.GroupBy(g => g))      // highest first
                {
                    reached += gradeLevel.Count();
                    atLevels += Gain(ranked, reached) / Gain(order, reached);
                    points++;
                }

                bool isLonger = ranked.Count > order.Count + 1;
                return isLonger ? (atLevels + (Gain(ranked, int.MaxValue) / Gain(order, int.MaxValue))) / (points + 1) : atLevels / points;
            case "yaap":
                double found = 0;
                for (int rank = 1; rank <= ranking.Count; rank++)
                {
                    found += ranking[rank - 1] >= level ? (double)Found(rank) / rank : 0;
                }

                return Math.Log((1 + found) / (1 + relevant - found));
            default: throw new ArgumentException(measure);
        }
    }

    private static double Gain(List<int> grades, int k)
    {
        double sum = 0;
        for (int rank = 1; rank <= grades.Count && rank <= k; rank++)
        {
            if (grades[rank - 1] > 0)
            {
                sum += grades[rank - 1] / Math.Log2(rank + 1);
            }
        }

        return sum;
    }

    public static int Bytes(string a, string b) => System.Text.Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(b));
}
