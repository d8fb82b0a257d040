namespace Nearfar.Data;

/// <summary>Section <c>data</c> of the workspace file: the sets and where they lie.</summary>
public sealed record DataSettings
{
    /// <summary>Documents. Null: all documents stand inline in the pairs.</summary>
    public DataSource? Corpus { get; init; }

    /// <summary>Pairs to learn from; null where <see cref="TrainSets"/> names several.</summary>
    public DataSource? Train { get; init; }

    /// <summary>Several named sets of pairs to learn from: <c>train: [{name: faq, path: faq.jsonl}, …]</c>. Empty where one stands in <see cref="Train"/>.</summary>
    public IReadOnlyList<DataSource> TrainSets { get; init; } = [];

    internal IEnumerable<DataSource> AllTrain => Train is null ? TrainSets : [Train, .. TrainSets];

    /// <summary>Held-out questions for model selection, thresholds and stopping.</summary>
    public DataSource? Dev { get; init; }

    /// <summary>The frozen judgement set.</summary>
    public DataSource? Gate { get; init; }

    /// <summary>Questions from production with their outcome.</summary>
    public DataSource? Traffic { get; init; }
}
