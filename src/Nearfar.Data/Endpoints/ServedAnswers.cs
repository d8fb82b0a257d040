using Nearfar.Pairs;

namespace Nearfar.Data.Endpoints;

/// <summary>What a service answered to the questions of a set.</summary>
public sealed record ServedAnswers
{
    /// <summary>Documents by question id, in the order of the set; an empty list is a miss.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<RetrievedDocument>> Run { get; init; }

    /// <summary>Questions that were asked now.</summary>
    public required int Asked { get; init; }

    /// <summary>Questions whose answers were kept from before.</summary>
    public required int Kept { get; init; }

    /// <summary>Tries behind the first one of a question, now.</summary>
    public required int Retried { get; init; }

    /// <summary>Milliseconds from asking to the last byte of the answer, ascending: of every question whose first try was answered, now or before.</summary>
    public required IReadOnlyList<double> Milliseconds { get; init; }

    /// <summary>The file that keeps the answers.</summary>
    public required string Path { get; init; }
}
