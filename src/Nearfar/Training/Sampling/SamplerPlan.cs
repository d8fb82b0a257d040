using Nearfar.Pairs;
using Nearfar.Training.Losses;

namespace Nearfar.Training.Sampling;

/// <summary>Makes the sampler that the options name for the rows of a run.</summary>
internal static class SamplerPlan
{
    /// <param name="rows">Readable rows.</param>
    /// <param name="options">Checked.</param>
    /// <param name="rule">Of the options, or the loss's default.</param>
    /// <param name="labels">Label of each row; null unless the rule wants them.</param>
    /// <param name="weights">Draws of each row in an epoch; null: each once.</param>
    public static IBatchSampler Of(TrainingRows rows, TrainingOptions options, BatchRule rule, int[]? labels, double[]? weights)
    {
        string[] names = rows.DataSets;
        if (names.Length <= 1 && rule == BatchRule.Text && weights is null)
        {
            return rows.Sampler(options);
        }

        var conflicts = rule switch
        {
            BatchRule.Text => RowConflicts.Equal([.. rows.Rows.Select(r => new[] { rows.WordsOf(r.Anchor), r.Positive })]),
            BatchRule.Answer or BatchRule.Hard => Answers(rows),
            _ => None(rows.Rows.Length),
        };
        var sets = names.Select(name => (Name: name, Rows: Enumerable.Range(0, rows.Rows.Length).Where(r => TrainingRows.DataSetOf(rows.Rows[r]) == name).ToArray())).ToArray();
        var samplers = sets.Select(set => Of(set.Rows, names.Length <= 1 ? "batches" : "batches " + set.Name, rows, options, rule, labels, weights, conflicts)).ToArray();
        return samplers.Length == 1 ? samplers[0] : new MixedSampler(samplers, [.. sets.Select(s => (long)s.Rows.Length)], options.Mix, options.MixTemperature, options.Seed);
    }

    private static IBatchSampler Of(int[] own, string purpose, TrainingRows rows, TrainingOptions options, BatchRule rule, int[]? labels, double[]? weights, RowConflicts conflicts)
    {
        var draws = new RowDraws(own, options.Seed, weights is null ? null : [.. own.Select(r => weights[r])], purpose);
        return rule == BatchRule.Hard
            ? new NeighbourSampler(draws, conflicts, rows.DocumentSlots().SlotOfRow, options.Batch, options.MinBatchShare, options.Seed)
            : Of(draws, options, labels, rule == BatchRule.Label ? [.. rows.Rows.Select(r => rows.WordsOf(r.Anchor))] : [], conflicts, rule);
    }

    /// <summary>The sampler of one data set, for the rules that read no vectors.</summary>
    /// <param name="draws">Its rows.</param>
    /// <param name="options">Checked.</param>
    /// <param name="labels">Label of each row; null unless the rule wants them.</param>
    /// <param name="anchors">Text number of each row's anchor, where the rule wants labels.</param>
    /// <param name="conflicts">Rows that may not meet, where it does not.</param>
    /// <param name="rule">Any but <see cref="BatchRule.Hard"/>.</param>
    public static IBatchSampler Of(RowDraws draws, TrainingOptions options, int[]? labels, int[] anchors, RowConflicts conflicts, BatchRule rule) => rule == BatchRule.Label
        ? new LabelSampler(draws, labels!, anchors, options.Batch, options.MinBatchShare, options.Seed)
        : new BatchSampler(draws, conflicts, options.Batch, options.MinBatchShare);

    /// <summary>No conflicts: for rules that let any rows meet, or look at anchors alone.</summary>
    public static RowConflicts None(int rows) => RowConflicts.Equal([.. Enumerable.Range(0, rows).Select(_ => Array.Empty<int>())]);

    // Marks: the words, and behind them the clusters of near-duplicate documents. A row has its document's cluster and shuns those of all answers to its question.
    private static RowConflicts Answers(TrainingRows rows)
    {
        var cluster = Clusters(rows);
        int words = rows.Texts.Count;
        var has = rows.Rows.Select(r => new[] { rows.WordsOf(r.Anchor), r.Positive, words + cluster[r.Positive] }).ToArray();
        var shuns = rows.Rows.Select(r => (int[])[rows.WordsOf(r.Anchor), r.Positive, .. rows.AnswersOf(r.Fold).Select(t => words + cluster[t]).Distinct()]).ToArray();
        return new RowConflicts(has, shuns);
    }

    /// <summary>By text number: the smallest number of a document that is, step by step, a near-duplicate of it.</summary>
    internal static int[] Clusters(TrainingRows rows)
    {
        var union = new UnionFind(rows.Texts.Count);
        var index = new NearDuplicateIndex();
        var numbers = new List<int>();
        foreach (int text in rows.Rows.SelectMany(r => rows.AnswersOf(r.Fold).Append(r.Positive)).Distinct().Order())
        {
            uint[] shingles = Shingles.Of(rows.Texts[text].Text);
            foreach (int near in index.Find(shingles))
            {
                union.Union(text, numbers[near]);
            }

            index.Add(shingles);
            numbers.Add(text);
        }

        return [.. Enumerable.Range(0, rows.Texts.Count).Select(union.Find)];
    }
}
