namespace Nearfar.Labels;

/// <summary>Which questions are judged, and how deep.</summary>
public sealed record LabelOptions
{
    /// <summary>Questions chosen, at least 1. Default 50.</summary>
    public int Questions { get; init; } = 50;

    /// <summary>Documents that each ranker gives to a pool, 1 to 100. Default 10.</summary>
    public int Depth { get; init; } = 10;

    /// <summary>Seed of the order in which a question's documents are shown. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    internal void ThrowIfInvalid()
    {
        var problems = new List<string>();
        if (Questions < 1)
        {
            problems.Add($"questions are {Questions}; wanted at least 1");
        }

        if (Depth is < 1 or > 100)
        {
            problems.Add($"depth is {Depth}; wanted 1 to 100");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException($"{string.Join("; ", problems)}.");
        }
    }
}
