namespace Nearfar.Data.Checking;

/// <summary>How much a finding weighs.</summary>
public enum FindingSeverity
{
    /// <summary>Good to know.</summary>
    Information,

    /// <summary>Results will be worse or less sure than they could be.</summary>
    Warning,

    /// <summary>Results would be wrong: <c>nearfar check</c> ends with 1.</summary>
    Error,
}
