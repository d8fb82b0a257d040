using System.Collections.ObjectModel;

namespace Nearfar.Reporting;

/// <summary>Where the numbers of a report came from: names and hashes, no clock, so that equal runs print equal bytes.</summary>
public sealed record ReportProvenance
{
    /// <summary>The run that made the candidate.</summary>
    public string? Run { get; init; }

    /// <summary>Name of the workspace.</summary>
    public string? Workspace { get; init; }

    /// <summary>The model that training started from.</summary>
    public string? Parent { get; init; }

    /// <summary>Data sets in the order they were used.</summary>
    public IReadOnlyList<DataSource> Data { get; init; } = [];

    /// <summary>Options and machine facts that decide the bytes: loss, seed, instruction set … Printed in ordinal order of name.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = ReadOnlyDictionary<string, string>.Empty;
}
