using System.Diagnostics.CodeAnalysis;

namespace Nearfar.Gating;

/// <summary>A cohort by name: <c>attribute=value</c>.</summary>
/// <param name="Attribute">Never blank, without <c>=</c>.</param>
/// <param name="Value">As rows give it.</param>
public readonly record struct CohortKey(string Attribute, string Value)
{
    /// <summary>Reads <c>attribute=value</c>; the value may be empty or hold further <c>=</c>.</summary>
    /// <param name="text">For example <c>intent=refund-policy</c>.</param>
    /// <param name="key">The cohort, when the text names one.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out CohortKey key)
    {
        int at = text?.IndexOf('=', StringComparison.Ordinal) ?? -1;
        key = at > 0 ? new(text![..at], text[(at + 1)..]) : default;
        return key.Attribute is not null;
    }

    /// <summary>Reads <c>attribute=value</c>.</summary>
    /// <param name="text">For example <c>intent=refund-policy</c>.</param>
    /// <exception cref="FormatException">It names no cohort.</exception>
    public static CohortKey Parse(string text) =>
        TryParse(text, out var key) ? key : throw new FormatException($"\"{text}\" names no cohort; wanted is attribute=value, for example language=de.");

    /// <inheritdoc />
    public override string ToString() => $"{Attribute}={Value}";
}
