using Nearfar.Evaluation.Statistics;

namespace Nearfar.Evaluation.Slices;

/// <summary>Tests earlier findings on questions that were not there when they were found.</summary>
internal sealed class SliceRetest(SliceOptions options, int threads)
{
    /// <summary>Each earlier slice that new questions can test; few tests, so little is lost to their number.</summary>
    /// <exception cref="NearfarException">The findings are of another measure or kind, or no question is new.</exception>
    public List<Slice> Run(SliceValues values, SliceFindings earlier)
    {
        if (earlier.Metric != values.Metric || (earlier.Before is not null) != values.IsDifference || earlier.Within != options.Within)
        {
            throw new NearfarException($"The earlier findings are of {What(earlier.Metric, earlier.Before is not null, earlier.Within)}, this search is of {What(values.Metric, values.IsDifference, options.Within)}. Search alike, or leave them out.");
        }

        var known = earlier.Questions.ToHashSet(StringComparer.Ordinal);
        var fresh = values.Having.Where(h => !known.Contains(h.Question.Id)).ToArray();
        if (fresh.Length == 0)
        {
            throw new NearfarException("Every question was in the earlier search: questions cannot confirm what they suggested. Confirm on a later version of the set.");
        }

        var rows = SliceRows.Of(fresh, options.Within);
        var words = rows.Questions.Select(q => SliceAttribute.WordsOf(q.Query)).ToArray();
        var permutation = rows.Permutation();
        var (slices, tests, members) = (new List<Slice>(), new List<StepDown.Test>(), new List<int[]>());
        foreach (var slice in earlier.Slices.Concat(earlier.Retested).DistinctBy(s => s.Name, StringComparer.Ordinal))
        {
            int[] own = [.. Enumerable.Range(0, words.Length).Where(i => slice.Conditions.All(c => Meets(rows.Questions[i], words[i], c)))];
            if (own.Length >= options.LeastQuestions && own.Length <= words.Length - options.LeastQuestions && permutation.ClustersOf(own) >= options.LeastClusters && permutation.Test(own) is { Spread: > 0 } test)
            {
                slices.Add(slice);
                tests.Add(test);
                members.Add(own);
            }
        }

        int[] starts = [0, .. members.Select((_, i) => members.Take(i + 1).Sum(m => m.Length))];
        int[] all = [.. members.SelectMany(m => m)];
        var result = StepDown.Run([.. tests], options.Permutations, () => new PermutedSums(permutation, starts, all, options.Seed), threads);
        return [.. slices.Select((slice, i) => new Slice
        {
            Conditions = slice.Conditions,
            N = members[i].Length,
            Clusters = permutation.ClustersOf(members[i]),
            Mean = members[i].Average(q => rows.Values[q]),
            Effect = members[i].Average(q => rows.Residuals[q]),
            ShrunkenMean = null,
            P = result.P[i],
            AdjustedP = result.Adjusted[i],
            Examples = rows.Worst(members[i], options.Examples),
            Confirmed = result.Adjusted[i] <= options.Alpha,
        })];
    }

    private static bool Meets(QueryScore question, HashSet<string> words, SliceCondition condition) =>
        condition.Attribute == SliceCondition.WordAttribute ? words.Contains(condition.Value) : PairedReports.CohortOf(question, condition.Attribute) == condition.Value;

    private static string What(string metric, bool difference, string? within) => $"{(difference ? "differences of " : "")}{metric}{(within is null ? "" : $" within {within}")}";
}
