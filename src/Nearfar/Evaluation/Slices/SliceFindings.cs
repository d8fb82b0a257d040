namespace Nearfar.Evaluation.Slices;

/// <summary>What a search for bad slices found, and in what it searched. Equal searches give equal findings: no clock, machine or path is inside. Immutable.</summary>
public sealed record SliceFindings
{
    /// <summary>Version of the layout that this library writes and reads.</summary>
    public const int SchemaVersion = 1;

    /// <summary>Name of the scored model.</summary>
    public required string Label { get; init; }

    /// <summary>Name of the reference when differences were searched; null when a single report was.</summary>
    public string? Before { get; init; }

    /// <summary>The measure: higher is better.</summary>
    public required string Metric { get; init; }

    /// <summary>The attribute whose cohort means were taken off first; null: none.</summary>
    public string? Within { get; init; }

    /// <summary>Name of the judged set.</summary>
    public required string SetName { get; init; }

    /// <summary>Hash of the judged set.</summary>
    public required string SetHash { get; init; }

    /// <summary>Questions searched.</summary>
    public required int N { get; init; }

    /// <summary>Positive documents they ask for: the units that are permuted.</summary>
    public required int Clusters { get; init; }

    /// <summary>Questions without the measure, left out.</summary>
    public required int Missing { get; init; }

    /// <summary>Mean of the measure, or of its difference, over all questions searched.</summary>
    public required double Mean { get; init; }

    /// <summary>Slices tested.</summary>
    public required int Tested { get; init; }

    /// <summary>Permutations, B.</summary>
    public required int Permutations { get; init; }

    /// <summary>Seed of the permutations.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Chance of reporting any slice when nothing is wrong.</summary>
    public required double Alpha { get; init; }

    /// <summary>By questions in a slice: the least effect, as a positive number, that would have been reported. Single-page questions assumed.</summary>
    public required IReadOnlyDictionary<int, double> Detectable { get; init; }

    /// <summary>Slices proven worse, none explained by a wider one, few enough to read: the first covers most of the damage.</summary>
    public required IReadOnlyList<Slice> Slices { get; init; }

    /// <summary>Earlier findings tested again, on questions that were not in the earlier search. Empty when none were given.</summary>
    public IReadOnlyList<Slice> Retested { get; init; } = [];

    /// <summary>Ids of all questions searched, ascending in UTF-8 bytes: they cannot confirm what they suggested.</summary>
    public required IReadOnlyList<string> Questions { get; init; }
}
