using System.Collections.ObjectModel;
using Nearfar.Pairs;

namespace Nearfar.Evaluation.Similarity;

/// <summary>What a <see cref="MarginTable"/> needs beside the rows.</summary>
public sealed record MarginTableOptions
{
    /// <summary>Documents that the rows name by id. Null, the default: all texts stand in the rows.</summary>
    public Corpus? Corpus { get; init; }

    /// <summary>The cohorts. Null, the default: every attribute that a row gives.</summary>
    public IReadOnlyList<CohortRule>? Rules { get; init; }

    /// <summary>Day to which document ages are counted.</summary>
    public DateOnly? AsOf { get; init; }

    /// <summary>Foreign labels of spaces (<c>support-e5-v7</c>) to space ids. Default none.</summary>
    public IReadOnlyDictionary<string, string> Spaces { get; init; } = ReadOnlyDictionary<string, string>.Empty;
}
