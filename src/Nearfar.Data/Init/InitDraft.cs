using Nearfar.Pairs;

namespace Nearfar.Data.Init;

/// <summary>What a source gave, before it is split.</summary>
internal sealed class InitDraft
{
    public required IReadOnlyList<Document> Documents { get; init; }

    /// <summary>One pair for each question (fold key).</summary>
    public required IReadOnlyList<Pair> Questions { get; init; }

    /// <summary>Sentences of documents as questions, for training alone: at most one for each document.</summary>
    public IReadOnlyList<Pair> Sentences { get; init; } = [];

    /// <summary>Whether sentences are trained on everywhere, or only where a page would be without a training question.</summary>
    public bool TrainsOnAllSentences { get; init; }

    /// <summary>Questions whose set the source fixed already.</summary>
    public IReadOnlyList<Pair> FixedGate { get; init; } = [];

    /// <summary>Lines of the <c>cohorts</c> section.</summary>
    public required IReadOnlyList<string> Cohorts { get; init; }

    /// <summary>Comment lines at the head of the workspace file: what the data are and are not.</summary>
    public required IReadOnlyList<string> Comments { get; init; }

    public long Skipped { get; init; }

    public IReadOnlyList<DataProblem> Problems { get; init; } = [];
}
