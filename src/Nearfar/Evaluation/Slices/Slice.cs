namespace Nearfar.Evaluation.Slices;

/// <summary>Questions that share up to three conditions and fare worse than the rest. Immutable.</summary>
public sealed record Slice
{
    /// <summary>All must hold; 1 to 3, each of another attribute, ordinal by attribute.</summary>
    public required IReadOnlyList<SliceCondition> Conditions { get; init; }

    /// <summary>Questions in it.</summary>
    public required int N { get; init; }

    /// <summary>Positive documents they ask for.</summary>
    public required int Clusters { get; init; }

    /// <summary>Mean of the measure, or of its difference between two reports, over the slice.</summary>
    public required double Mean { get; init; }

    /// <summary>Mean over the slice less mean over all questions, after each question's parent cohort (<see cref="SliceOptions.Within"/>) is taken off; below 0: worse.</summary>
    public required double Effect { get; init; }

    /// <summary><see cref="Mean"/> pulled towards the other slices of the same attributes (empirical Bayes): what to expect of new questions. Null with fewer than 4 of them.</summary>
    public required double? ShrunkenMean { get; init; }

    /// <summary>(1 + permutations at least as bad) / (1 + permutations), this slice alone. No proof: thousands are looked at.</summary>
    public required double P { get; init; }

    /// <summary>The same over everything looked at (Westfall and Young's step-down): the chance that any slice looks so bad when nothing is wrong.</summary>
    public required double AdjustedP { get; init; }

    /// <summary>Ids of its worst questions, worst first.</summary>
    public required IReadOnlyList<string> Examples { get; init; }

    /// <summary>Found before and proven again on questions that were not there when it was found. Otherwise it is advice.</summary>
    public bool Confirmed { get; init; }

    /// <summary>For people: <c>language=de and query.word=refund</c>.</summary>
    public string Name => string.Join(" and ", Conditions);
}
