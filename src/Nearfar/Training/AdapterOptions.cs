namespace Nearfar.Training;

/// <summary>A query-side map over a frozen encoder. Plain values, kept in <c>run.json</c>.</summary>
public sealed record AdapterOptions
{
    /// <summary>Rank r of I + A B, 1 to the length of a vector; 0, the default: a full matrix.</summary>
    public int Rank { get; init; }

    internal IEnumerable<string> Problems() => Rank is >= 0 and <= 65_536 ? [] : [$"adapter rank is {Rank}; wanted 0 (a full matrix) to the length of a vector"];
}
