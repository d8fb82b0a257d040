namespace Nearfar.Gating.Sets;

/// <summary>How the negatives of a gate set are pooled and drawn.</summary>
public sealed record FreezeOptions
{
    /// <summary>Negatives of each question, at least 1. Default 6. A question whose pool is smaller takes all of it and is counted.</summary>
    public int PerQuery { get; init; } = 6;

    /// <summary>Admissible documents that each ranker gives to the pool of a question, at least 1. Default 10.</summary>
    public int Depth { get; init; } = 10;

    /// <summary>Seed of the draw. Default 1. A question's draw depends on this, its text and its pool, not on the other questions.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The set promises that no question asks about a page that training knows. Default false: both kinds, reported apart.</summary>
    public bool NewPagesOnly { get; init; }

    /// <summary>
    /// Why questions of the version before are removed or changed, or all are drawn again; kept in the manifest. Null: the new version may only
    /// add questions.
    /// </summary>
    public string? Because { get; init; }

    internal void ThrowIfInvalid()
    {
        var problems = new List<string>();
        if (PerQuery < 1)
        {
            problems.Add($"negatives for each question are {PerQuery}; wanted at least 1");
        }

        if (Depth < 1)
        {
            problems.Add($"depth is {Depth}; wanted at least 1");
        }

        if (Because is not null && string.IsNullOrWhiteSpace(Because))
        {
            problems.Add("the reason is blank; say why the set changes");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException($"Freeze options: {string.Join("; ", problems)}.");
        }
    }
}
