using Nearfar.Vectors;

namespace Nearfar.Evaluation.Slices;

/// <summary>What is searched for slices.</summary>
public sealed record SliceInput
{
    /// <summary>The model's report.</summary>
    public required EvalReport Report { get; init; }

    /// <summary>The reference on the same set: then the search is for slices that fell. Null: for slices where <see cref="Report"/> is bad.</summary>
    public EvalReport? Before { get; init; }

    /// <summary>A vector for each question, by its id, of one space; any model's. Null: no groups.</summary>
    public VectorSet? QueryVectors { get; init; }

    /// <summary>Findings on an earlier version of the set, to be tested again. Null: none.</summary>
    public SliceFindings? Earlier { get; init; }
}
