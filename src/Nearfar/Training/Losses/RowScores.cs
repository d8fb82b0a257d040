namespace Nearfar.Training.Losses;

/// <summary>Similarities or distances of each anchor with its own documents, [B, C - 1] row by row, and the side data of the batch.</summary>
/// <param name="Pairs">B.</param>
/// <param name="Width">C - 1: the positive, then the hard negatives.</param>
/// <param name="Values">Finite where present.</param>
/// <param name="Present">False for an absent document.</param>
/// <param name="Side">Of the batch.</param>
internal sealed record RowScores(int Pairs, int Width, double[] Values, bool[] Present, RowSide Side)
{
    /// <summary>Places that take part.</summary>
    public int Count => Present.Count(p => p);

    /// <summary>What place i * (C - 1) + c ought to be: the target of its row; without targets 1 for the positive and 0 for the others.</summary>
    /// <exception cref="ShapeException">Targets that do not fit the batch.</exception>
    public double[] Targets(double min, double max)
    {
        var given = Side.Targets.Span;
        if (given.IsEmpty)
        {
            return [.. Enumerable.Range(0, Values.Length).Select(at => at % Width == 0 ? 1.0 : 0)];
        }

        ShapeException.Require(Width == 1 && given.Length == Pairs, $"Wanted two columns and {Pairs} targets; got {Width + 1} columns and {given.Length} targets.");
        foreach (double target in given)
        {
            ShapeException.Require(double.IsFinite(target) && target >= min && target <= max,
                FormattableString.Invariant($"Target {target} must be a number from {min} to {max}. Give grades in that range."));
        }

        return given.ToArray();
    }

    /// <summary>The teacher's score of every present place.</summary>
    /// <exception cref="ShapeException">They do not fit the batch, or one is missing.</exception>
    public ReadOnlySpan<double> TeacherScores()
    {
        var given = Side.TeacherScores.Span;
        ShapeException.Require(given.Length == Values.Length, $"Wanted {Values.Length} teacher scores, {Width} a row; got {given.Length}.");
        for (int at = 0; at < given.Length; at++)
        {
            ShapeException.Require(!Present[at] || double.IsFinite(given[at]), $"The teacher's score of row {at / Width}, document {at % Width} is {given[at]}. Score every document that takes part.");
        }

        return given;
    }
}
