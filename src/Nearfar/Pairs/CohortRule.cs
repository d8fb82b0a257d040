namespace Nearfar.Pairs;

/// <summary>How one cohort attribute is read. Declared before anything is measured.</summary>
public sealed record CohortRule
{
    /// <summary>Name of the attribute, for example <c>language</c>.</summary>
    public required string Attribute { get; init; }

    /// <summary>
    /// Where the value comes from. Null: the row's cohorts, else the first positive document's attribute of this name.
    /// <c>document.NAME</c>: that attribute of the first positive document. <c>query.words</c>, <c>query.script</c>: derived from the text.
    /// </summary>
    public string? From { get; init; }

    /// <summary>
    /// Ascending edges [a, b) for numbers and ages (days); empty: values are taken as they are. With a date attribute the number is its age
    /// in days at the set's frozen <c>as_of</c>.
    /// </summary>
    public IReadOnlyList<double> Edges { get; init; } = [];

    /// <summary>The unit the edges were written in, shown in cohort values: <c>d</c> for days, empty for plain numbers.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Values that have a tolerance of their own and must be proven (G2).</summary>
    public IReadOnlyList<string> Protected { get; init; } = [];
}
