using System.Globalization;

namespace Nearfar.Training.Losses;

/// <summary>A loss by its name in <see cref="LossRegistry"/>, and the options that are not left at their defaults. Compared by content.</summary>
public sealed class LossChoice : IEquatable<LossChoice>
{
    private readonly SortedDictionary<string, string> _options = new(StringComparer.Ordinal);

    /// <param name="name">Checked by <see cref="LossRegistry.Problems"/>, not here.</param>
    /// <param name="options">Values by option, as a workspace file writes them; of a name given twice the last counts.</param>
    public LossChoice(string name, params IEnumerable<KeyValuePair<string, string>> options)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(options);
        Name = name;
        foreach (var (option, value) in options)
        {
            _options[option] = value;
        }
    }

    /// <summary>For example <c>mnrl</c>.</summary>
    public string Name { get; }

    /// <summary>Given options.</summary>
    public IReadOnlyDictionary<string, string> Options => _options;

    /// <summary>A loss with its default options.</summary>
    /// <param name="name">For example <c>mnrl</c>.</param>
    public static implicit operator LossChoice(string name) => new(name);

    /// <summary>The same loss with one option set.</summary>
    /// <param name="option">Name of the option.</param>
    /// <param name="value">A number.</param>
    public LossChoice With(string option, double value) => With(option, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>The same loss with one option set.</summary>
    /// <param name="option">Name of the option.</param>
    /// <param name="value">A word, or several separated by commas.</param>
    public LossChoice With(string option, string value) => new(Name, [.. _options, new(option, value)]);

    /// <inheritdoc />
    public bool Equals(LossChoice? other) => other is not null && Name == other.Name && _options.SequenceEqual(other._options);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as LossChoice);

    /// <inheritdoc />
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc />
    public override string ToString() => _options.Count == 0 ? Name : $"{Name} ({string.Join(", ", _options.Select(o => $"{o.Key} {o.Value}"))})";
}
