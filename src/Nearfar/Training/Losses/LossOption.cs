namespace Nearfar.Training.Losses;

/// <summary>One option of a loss, as a workspace file names it.</summary>
/// <param name="Name">Lower case with underscores.</param>
/// <param name="Meaning">What it does, with the unit.</param>
/// <param name="Default">Used where nothing is said.</param>
public sealed record LossOption(string Name, string Meaning, string Default)
{
    /// <summary>Least value of a number.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>Greatest value of a number.</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <summary>Whether <see cref="Min"/> itself is refused.</summary>
    public bool AboveMin { get; init; }

    /// <summary>Whether a number must be whole.</summary>
    public bool Whole { get; init; }

    /// <summary>The words that are allowed; empty: it is a number.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Whether several values may be given, separated by commas.</summary>
    public bool Many { get; init; }

    /// <summary>What is allowed, for people: <c>above 0, at most 1</c>.</summary>
    public string Range => (Many ? "one or more of: " : Whole ? "a whole number, " : "") + (Choices.Count > 0
        ? string.Join(" | ", Choices)
        : (double.IsFinite(Min), double.IsFinite(Max)) switch
        {
            (true, true) => FormattableString.Invariant($"{(AboveMin ? "above" : "at least")} {Min}, at most {Max}"),
            (true, false) => FormattableString.Invariant($"{(AboveMin ? "above" : "at least")} {Min}"),
            (false, true) => FormattableString.Invariant($"at most {Max}"),
            _ => "any number",
        });

    /// <summary>What is wrong with a value, or null.</summary>
    internal string? ProblemOf(string value)
    {
        string[] parts = Many ? value.Split(',', StringSplitOptions.TrimEntries) : [value];
        return parts.Length > 0 && parts.All(Holds) ? null : $"{Name} is \"{value}\"; wanted {Range}.";
    }

    private bool Holds(string part)
    {
        if (Choices.Count > 0)
        {
            return Choices.Contains(part, StringComparer.Ordinal);
        }

        return double.TryParse(part, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number) && (!Whole || number == Math.Floor(number)) && (AboveMin ? number > Min : number >= Min) && number <= Max;
    }
}
