using Nearfar.Pairs;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;

namespace Nearfar.Training;

/// <summary>Whether the data hold what a loss and the options ask for; looked at before the first step.</summary>
internal static class LossFit
{
    /// <exception cref="NearfarException">Something lacks: all of it in one message, each with what to add.</exception>
    public static void ThrowUnlessFit(string loss, LossNeeds needs, int leastNegatives, TrainingRows rows, TrainingOptions options, BatchRule rule, int[]? labels, TrainingCohorts cohorts, bool hasGuide)
    {
        var problems = new List<string>();
        if (Negatives(loss, leastNegatives, rows) is { } negatives)
        {
            problems.Add(negatives);
        }

        if (labels is not null)
        {
            string[] without = options.Labels is not { } attribute ? [] : [.. rows.Rows.Where((_, r) => cohorts.NameOf(attribute, labels[r]) == CohortResolver.Unknown).Select(r => r.Pair.Id).Distinct(StringComparer.Ordinal)];
            problems.AddRange(Labels(loss, needs, options, rule, (without.Length, without), labels.GroupBy(l => l).Count(g => g.Count() > 1) > 1));
        }

        if (needs.HasFlag(LossNeeds.Targets) && rows.Rows.Select(r => r.Target).Distinct().Count() == 1)
        {
            problems.Add($"loss {loss} learns how near two texts ought to be, and every target is {rows.Rows[0].Target.ToString(System.Globalization.CultureInfo.InvariantCulture)}. Add hard negatives (they count 0: nearfar mine) or grades (\"relevance\") to the pairs.");
        }

        if (needs.HasFlag(LossNeeds.Grades) && rows.Rows.All(r => rows.GradesOf(r.Fold).Count == 1))
        {
            problems.Add($"loss {loss} learns from several graded documents of a question, and every question has one. Add \"relevance\": {{\"doc-id\": grade}} or more positives to the pairs, or use mnrl.");
        }

        if ((needs & (LossNeeds.Guide | LossNeeds.TeacherScores)) != 0 != hasGuide)
        {
            problems.Add(hasGuide
                ? $"a guide is named, and loss {loss} reads none. Remove train.guide."
                : $"loss {loss} reads another encoder's vectors. Add guide: FOLDER, a model folder, to train.");
        }

        if (options.Balance is { } balance && Array.TrueForAll(cohorts.Of(balance.Attribute), v => cohorts.NameOf(balance.Attribute, v) == CohortResolver.Unknown))
        {
            problems.Add(Unbalanced(balance));
        }

        ThrowIfAny(problems);
    }

    /// <exception cref="NearfarException">There are problems: all of them in one message.</exception>
    public static void ThrowIfAny(IReadOnlyCollection<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new NearfarException($"The training data do not fit the options: {string.Join(" ", problems)}");
        }
    }

    /// <summary>What is said where no pair has the cohort that balance reads.</summary>
    public static string Unbalanced(BalanceOptions balance) =>
        $"balance.attribute is {balance.Attribute}, and no training pair has it. Add it to the pairs' cohorts or to their documents, or name another.";

    /// <summary>Why labels do not do.</summary>
    /// <param name="loss">Its name.</param>
    /// <param name="needs">What it reads.</param>
    /// <param name="options">Labels and batches.</param>
    /// <param name="rule">Of the options, or the loss's default.</param>
    /// <param name="without">Pairs that have no label, and ids of some.</param>
    /// <param name="enough">Whether two labels have two pairs.</param>
    /// <param name="where">Where they must have them; empty: among all pairs.</param>
    public static IEnumerable<string> Labels(string loss, LossNeeds needs, TrainingOptions options, BatchRule rule, (int Count, IReadOnlyList<string> Ids) without, bool enough, string where = "")
    {
        string what = options.Labels is { } attribute ? $"values of {attribute}" : "positive documents";
        if (without.Count > 0)
        {
            yield return $"labels are {what}, and {without.Count} pairs have none ({string.Join(", ", without.Ids.Take(5))}{(without.Count > 5 ? ", …" : "")}). Add it to the pairs' cohorts or to their documents.";
        }

        if (!enough)
        {
            yield return $"labels are {what}, and fewer than two of them have two pairs{where}. Name another attribute with train.labels.";
        }

        if (needs.HasFlag(LossNeeds.Labels) && options.Labels is null && rule is (BatchRule.Text or BatchRule.Answer or BatchRule.Hard))
        {
            yield return $"loss {loss} compares pairs of one label; labels are positive documents, and these batches hold no document twice. Write batches: label, or labels: ATTRIBUTE.";
        }
    }

    /// <summary>Why a loss has no use for other positives as negatives; null where it has.</summary>
    public static string? OtherPositives(LossChoice loss)
    {
        var needs = LossRegistry.Create(loss).Needs;
        return !needs.HasFlag(LossNeeds.Mask) ? $"loss {loss.Name} makes no negatives of other rows' documents. Remove it, or use mnrl."
            : needs.HasFlag(LossNeeds.Grades) ? $"loss {loss.Name} ranks all positives of a question by their grades. Remove it, or use mnrl."
            : null;
    }

    private static string? Negatives(string loss, int least, TrainingRows rows)
    {
        string[] without = [.. rows.Rows.Where(r => r.HardNegatives.Length < least).Select(r => r.Pair.Id).Distinct(StringComparer.Ordinal)];
        return without.Length == 0 ? null
            : $"loss {loss} wants at least {least} hard negative{(least == 1 ? "" : "s")} with every pair; {without.Length} have fewer ({string.Join(", ", without.Take(5))}{(without.Length > 5 ? ", …" : "")}). Mine some (nearfar mine), or use mnrl.";
    }
}
