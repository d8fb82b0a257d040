namespace Nearfar.Evaluation.Geometry;

/// <summary>Shape of a space as one judged set shows it: how near questions lie to their answers, how documents spread, which documents are hubs.</summary>
/// <remarks>Documents are a sample drawn without replacement with <see cref="Seed"/> over ids in byte order; queries and hub counts are all there are.</remarks>
public sealed record SpaceGeometry
{
    /// <summary>Documents drawn, at most 1,000; texts without known token are left out.</summary>
    public required int Sample { get; init; }

    /// <summary>Seed of the draw.</summary>
    public required ulong Seed { get; init; }

    /// <summary>k of the hub counts: how often a document is among the first k of a query.</summary>
    public required int HubDepth { get; init; }

    /// <summary>By measure (<see cref="GeometryNames"/>); one that the data cannot give is absent, never 0.</summary>
    public required IReadOnlyDictionary<string, Estimate> Measures { get; init; }

    /// <summary>The documents most often found, at least 2 k times, most first; at most ten.</summary>
    public required IReadOnlyList<Hub> Hubs { get; init; }
}

/// <summary>A document that many queries find.</summary>
/// <param name="Id">Document id.</param>
/// <param name="Count">Queries that have it among their first k.</param>
public sealed record Hub(string Id, int Count);
