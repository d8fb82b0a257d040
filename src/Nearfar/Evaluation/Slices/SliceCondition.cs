namespace Nearfar.Evaluation.Slices;

/// <summary>One condition of a slice: <c>attribute=value</c>.</summary>
/// <param name="Attribute">A cohort attribute of the report, or one of <see cref="WordAttribute"/> and <see cref="GroupAttribute"/>.</param>
/// <param name="Value">Its value; for a word, the word in lower case.</param>
public readonly record struct SliceCondition(string Attribute, string Value)
{
    /// <summary>The attribute of text slices: the question contains a word.</summary>
    public const string WordAttribute = "query.word";

    /// <summary>The attribute of cluster slices: the question's vector belongs to a group, named by its number and its commonest own words.</summary>
    public const string GroupAttribute = "query.group";

    /// <inheritdoc />
    public override string ToString() => $"{Attribute}={Value}";
}
