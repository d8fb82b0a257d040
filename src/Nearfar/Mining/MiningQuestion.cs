using Nearfar.Pairs;

namespace Nearfar.Mining;

/// <summary>A question while its candidates are judged.</summary>
internal sealed class MiningQuestion
{
    public required Pair Pair { get; init; }

    /// <summary>Position among the questions of the call; seeds its draws.</summary>
    public required int Number { get; init; }

    /// <summary>Positions of all right documents.</summary>
    public required HashSet<int> Right { get; init; }

    /// <summary>The known answer, folded; null when there is none long enough to tell documents apart.</summary>
    public string? Answer { get; init; }

    /// <summary>Traffic row it comes from, if any.</summary>
    public string? TraceId { get; init; }

    /// <summary>Negatives wanted, at least 1.</summary>
    public required int Quota { get; init; }

    /// <summary>Similarity of the farthest right document; null when no right document is known (explained texts alone).</summary>
    public double? Lowest { get; init; }

    /// <summary>Mean similarity of unrelated texts.</summary>
    public required double Background { get; init; }

    /// <summary>The teacher's score of the farthest right document; null before it was asked, or when it cannot judge one.</summary>
    public double? TeacherLowest { get; set; }

    /// <summary>The teacher's mean score of unrelated texts.</summary>
    public double TeacherBackground { get; set; }
}
