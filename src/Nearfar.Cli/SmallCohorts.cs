namespace Nearfar.Cli;

/// <summary>Cohorts that prove nothing, told as a number: dozens of them hide the few that count.</summary>
internal static class SmallCohorts
{
    /// <summary>Questions from which on a cohort has an interval.</summary>
    public const int Least = 3;

    // A few are no crowd, and a line that counts them would be as long.
    private const int Crowd = 3;

    /// <summary>Leaves small cohorts out where an attribute has more than three of them.</summary>
    /// <param name="rows">In the order of the table, which stays.</param>
    /// <param name="groupOf">The attribute a row belongs to.</param>
    /// <param name="questions">How many a row holds.</param>
    /// <returns>The rows to list, and for each attribute with a crowd how many were left out.</returns>
    public static (IReadOnlyList<T> Shown, IReadOnlyList<(TGroup Group, int Count)> Folded) Fold<T, TGroup>(IEnumerable<T> rows, Func<T, TGroup> groupOf, Func<T, int> questions)
        where TGroup : notnull
    {
        T[] all = [.. rows];
        var crowds = all.Where(r => questions(r) < Least).GroupBy(groupOf).Where(g => g.Count() > Crowd).Select(g => (Group: g.Key, Count: g.Count())).ToArray();
        var folded = crowds.Select(c => c.Group).ToHashSet();
        return ([.. all.Where(r => questions(r) >= Least || !folded.Contains(groupOf(r)))], crowds);
    }

    /// <summary><c>31 cohorts of fewer than 3 questions</c>.</summary>
    public static string Words(int count) => $"{count} cohorts of fewer than {Least} questions";
}
