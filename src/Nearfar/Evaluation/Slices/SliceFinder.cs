using Nearfar.Evaluation.Statistics;

namespace Nearfar.Evaluation.Slices;

/// <summary>Finds conjunctions of conditions whose questions fare worse than chance allows, among thousands that nobody named.</summary>
/// <remarks>
/// Values of whole clusters trade places B times; the largest statistic of each time says how bad some slice looks when nothing is wrong
/// (Westfall and Young 1993, step-down). A slice counts only if it is worse than each wider one by half its effect. Findings are advice until
/// questions that were not there confirm them. The same input gives the same findings for any number of threads. Thread-safe.
/// </remarks>
public sealed class SliceFinder
{
    private static readonly int[] s_sizes = [10, 20, 50, 100, 200, 500, 1000];
    private readonly SliceOptions _options;

    /// <param name="options">Null: the defaults.</param>
    /// <exception cref="ArgumentException">Options that cannot be; all problems in one message.</exception>
    public SliceFinder(SliceOptions? options = null)
    {
        _options = options ?? new SliceOptions();
        _options.ThrowUnlessValid();
    }

    internal int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Searches one report, or the differences of two.</summary>
    /// <param name="input">Reports, and what else is at hand.</param>
    /// <exception cref="NearfarException">No question has the measure, reports or earlier findings do not fit, an attribute is unknown, a question has no vector, or slices are too many.</exception>
    public SliceFindings Find(SliceInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var values = new SliceValues(_options, input);
        var rows = SliceRows.Of(values.Having, _options.Within);
        var lattice = new SliceLattice(Attributes(input, rows.Questions), rows.Questions.Length, _options.LeastQuestions, _options.Depth);
        var search = SliceSearch.Run(lattice, rows.Permutation(), _options, Threads);
        var retested = input.Earlier is { } earlier ? new SliceRetest(_options, Threads).Run(values, earlier) : [];
        var confirmed = retested.Concat(input.Earlier?.Slices ?? []).Where(s => s.Confirmed).Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        return new SliceFindings
        {
            Label = input.Report.Label,
            Before = input.Before?.Label,
            Metric = values.Metric,
            Within = _options.Within,
            SetName = input.Report.SetName,
            SetHash = input.Report.SetHash,
            N = rows.Questions.Length,
            Clusters = rows.Blocks.Length,
            Missing = input.Report.Queries.Count - rows.Questions.Length,
            Mean = rows.Mean,
            Tested = search.Tested.Length,
            Permutations = _options.Permutations,
            Seed = _options.Seed,
            Alpha = _options.Alpha,
            Detectable = Detectable(search, rows),
            Slices = [.. SliceSelection.Choose(search, _options.Alpha, _options.MostSlices).Select(node => Describe(search, rows, node)).Select(s => s with { Confirmed = confirmed.Contains(s.Name) })],
            Retested = retested,
            Questions = [.. rows.Questions.Select(q => q.Id).Order(Search.Utf8Order.Ascending)],
        };
    }

    private List<SliceAttribute> Attributes(SliceInput input, QueryScore[] questions)
    {
        string[] known = [.. input.Report.Queries.SelectMany(q => q.Cohorts.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string[] unknown = [.. (_options.Attributes ?? []).Append(_options.Within).OfType<string>().Except(known, StringComparer.Ordinal)];
        if (unknown.Length > 0)
        {
            throw new NearfarException($"The report has no cohort attribute {string.Join(", ", unknown.Select(u => $"\"{u}\""))}; it has {(known.Length > 0 ? string.Join(", ", known) : "none")}.");
        }

        if (known.FirstOrDefault(k => k is SliceCondition.WordAttribute or SliceCondition.GroupAttribute) is { } taken)
        {
            throw new NearfarException($"The cohort attribute \"{taken}\" bears a name that slices give themselves. Rename it.");
        }

        var attributes = known.Where(a => a != _options.Within && (_options.Attributes?.Contains(a) ?? true))
            .Select(a => SliceAttribute.Of(a, [.. questions.Select(q => PairedReports.CohortOf(q, a))])).ToList();
        if (input.QueryVectors is { } vectors)
        {
            attributes.Add(QueryGroups.Attribute(questions, vectors, _options));
        }

        if (_options.Words)
        {
            attributes.Add(SliceAttribute.OfWords([.. questions.Select(q => q.Query)], _options.LeastWordQuestions));
        }

        return attributes;
    }

    private Slice Describe(SliceSearch search, SliceRows rows, int node)
    {
        int[] members = search.Lattice.Members(node).ToArray();
        double effect = search.Effect(node);
        double mean = members.Average(i => rows.Values[i]);
        return new Slice
        {
            Conditions = search.Lattice.Conditions(node),
            N = members.Length,
            Clusters = search.Permutation.ClustersOf(members),
            Mean = mean,
            Effect = effect,
            ShrunkenMean = mean + SliceShrinkage.Effect(search, node) - effect,
            P = search.P(node),
            AdjustedP = search.AdjustedP(node),
            Examples = rows.Worst(members, _options.Examples),
        };
    }

    // An effect of d shows in n questions when d / (sigma sqrt(1/n - 1/N)) exceeds all but alpha of the largest statistics.
    private SortedDictionary<int, double> Detectable(SliceSearch search, SliceRows rows)
    {
        var effects = new SortedDictionary<int, double>();
        double[] greatest = [.. search.Result.Greatest.OrderDescending()];
        double limit = greatest[(int)Math.Floor(_options.Alpha * (1 + _options.Permutations)) - 1];
        double n = rows.Questions.Length;
        double sigma = Math.Sqrt(rows.Residuals.Sum(r => r * r) / Math.Max(1, n - 1));
        foreach (int size in s_sizes.Where(s => s >= _options.LeastQuestions && s <= n - _options.LeastQuestions && double.IsFinite(limit) && search.Tested.Length > 0))
        {
            effects[size] = limit * sigma * Math.Sqrt((1.0 / size) - (1 / n));
        }

        return effects;
    }
}
