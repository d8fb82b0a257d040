using Nearfar.Pairs;
using Nearfar.Training.Sampling;

namespace Nearfar.Training.Streaming;

/// <summary>Makes the sampler of some blocks' rows, out of their marks alone.</summary>
/// <param name="spool">Where the marks are.</param>
/// <param name="options">Checked.</param>
/// <param name="rule">Of the options, or the loss's default.</param>
internal sealed class SliceSamplers(PairSpool spool, TrainingOptions options, BatchRule rule)
{
    private const int Anchor = 0, Positive = 1;                     // places among a row's marks; cohort values come behind
    private readonly Dictionary<ulong, long> _sizes = options.Balance is { } balance ? SizesOf(spool, balance.Attribute) : [];

    /// <summary>Whether no readable row has the cohort that balance reads.</summary>
    public bool Unbalanced => options.Balance is not null && _sizes.Keys.All(v => v == SpoolBlock.HashOf(CohortResolver.Unknown));

    /// <summary>The sampler of the rows of some blocks, numbered from 0.</summary>
    /// <param name="blocks">In the order of the file.</param>
    /// <param name="purpose">Tells the draws of data sets and slices apart.</param>
    public IBatchSampler Of(int[] blocks, string purpose)
    {
        ulong[][] marks = Read(blocks);
        int rows = marks[Anchor].Length;
        var numbers = new Dictionary<ulong, int>(2 * rows);
        int[] anchors = [.. marks[Anchor].Select(NumberOf)], positives = [.. marks[Positive].Select(NumberOf)];
        int[]? labels = rule != BatchRule.Label ? null : options.Labels is null ? positives : [.. marks[PlaceOf(options.Labels)].Select(NumberOf)];
        var conflicts = rule == BatchRule.Text ? RowConflicts.Equal([.. anchors.Zip(positives, (a, p) => new[] { a, p })]) : SamplerPlan.None(rows);
        var draws = new RowDraws([.. Enumerable.Range(0, rows)], options.Seed, WeightsOf(marks), purpose);
        return SamplerPlan.Of(draws, options, labels, anchors, conflicts, rule);

        int NumberOf(ulong mark)
        {
            if (!numbers.TryGetValue(mark, out int number))
            {
                numbers.Add(mark, number = numbers.Count);
            }

            return number;
        }
    }

    /// <summary>Whether two labels have two rows among some blocks.</summary>
    public bool HaveLabels(int[] blocks)
    {
        ulong[] labels = Read(blocks)[options.Labels is { } attribute ? PlaceOf(attribute) : Positive];
        return labels.CountBy(l => l).Count(g => g.Value > 1) > 1;
    }

    private int PlaceOf(string attribute) => PlaceOf(spool, attribute);

    private static int PlaceOf(PairSpool spool, string attribute) => Positive + 1 + spool.Cohorts.WantedPlaceOf(attribute);

    // How large each cohort is in all blocks: a row weighs the same in whatever part it stands.
    private static Dictionary<ulong, long> SizesOf(PairSpool spool, string attribute)
    {
        var sizes = new Dictionary<ulong, long>();
        int at = PlaceOf(spool, attribute);
        for (int block = 0; block < spool.Blocks; block++)
        {
            ulong[] marks = spool.MarksOf(block);
            for (int i = at; i < marks.Length; i += spool.MarksOfRow)
            {
                sizes[marks[i]] = sizes.GetValueOrDefault(marks[i]) + 1;
            }
        }

        return sizes;
    }

    private double[]? WeightsOf(ulong[][] marks)
    {
        if (options.Balance is not { } balance)
        {
            return null;
        }

        double largest = _sizes.Values.Max();
        return [.. marks[PlaceOf(balance.Attribute)].Select(v => RowDraws.WeightOf(largest, _sizes[v], balance.Power, balance.Cap))];
    }

    // By place: that mark of every row.
    private ulong[][] Read(int[] blocks)
    {
        int width = spool.MarksOfRow, at = 0;
        var marks = new ulong[width][];
        for (int place = 0; place < width; place++)
        {
            marks[place] = new ulong[blocks.Sum(spool.RowsOf)];
        }

        foreach (int block in blocks)
        {
            ulong[] own = spool.MarksOf(block);
            for (int i = 0; i < own.Length; at++)
            {
                for (int place = 0; place < width; place++)
                {
                    marks[place][at] = own[i++];
                }
            }
        }

        return marks;
    }
}
