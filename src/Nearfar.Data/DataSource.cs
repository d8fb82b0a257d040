using System.Collections.ObjectModel;

namespace Nearfar.Data;

/// <summary>Where one set of rows lies: JSONL, CSV or Parquet with a column map, or a BEIR folder.</summary>
public sealed record DataSource
{
    /// <summary>File or folder; relative ones are already joined to the workspace's folder.</summary>
    public required string Path { get; init; }

    /// <summary>What the set is called where there are several; null: it is the only one.</summary>
    public string? Name { get; init; }

    /// <summary>CSV and Parquet: our field name to the file's column name, for columns that are called differently. Default empty.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = NoColumns;

    /// <summary>BEIR: which <c>qrels/SPLIT.tsv</c>. Null: <c>train</c> for training pairs, <c>dev</c> for dev, <c>test</c> for the gate.</summary>
    public string? Split { get; init; }

    internal static IReadOnlyDictionary<string, string> NoColumns => ReadOnlyDictionary<string, string>.Empty;
}
