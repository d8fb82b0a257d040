using System.Globalization;
using Nearfar.Pairs;
using YamlDotNet.RepresentationModel;

namespace Nearfar.Data;

/// <summary>
/// One mapping of the workspace file, read key by key. What is wrong goes into the problems with line and column; <see cref="Done"/>
/// reports the keys that nobody asked for and names the nearest that somebody did.
/// </summary>
internal sealed class YamlSection
{
    private readonly YamlMappingNode _node;
    private readonly string _name;
    private readonly YamlProblems _problems;
    private readonly List<string> _asked = [];

    public YamlSection(YamlMappingNode node, string name, YamlProblems problems)
    {
        _node = node;
        _name = name;
        _problems = problems;
    }

    public YamlNode Node => _node;

    public IEnumerable<string> Keys => _node.Children.Keys.Select(KeyText);

    public string Name(string key) => _name.Length == 0 ? key : $"{_name}.{key}";

    public void Problem(string key, string message) => _problems.Add((Find(key) ?? _node).Start, $"{Name(key)}: {message}");

    public bool Has(string key)
    {
        _asked.Add(key);
        return Find(key) is { } node && !IsNull(node);
    }

    /// <summary>A section; null when missing or empty.</summary>
    public YamlSection? Section(string key)
    {
        if (!Has(key))
        {
            return null;
        }

        if (Find(key) is YamlMappingNode mapping)
        {
            return new YamlSection(mapping, Name(key), _problems);
        }

        Wanted(key, "a section (key: value)");
        return null;
    }

    /// <summary>The sections of a list such as <c>- {name: a, path: b}</c>; none when missing or when an item is no section, which is then a problem.</summary>
    public IReadOnlyList<YamlSection> Sections(string key)
    {
        if (Value(key) is YamlSequenceNode list && list.Children.All(c => c is YamlMappingNode))
        {
            return [.. list.Children.Select((c, i) => new YamlSection((YamlMappingNode)c, $"{Name(key)}[{i}]", _problems))];
        }

        Wanted(key, "a list of sections such as - {name: faq, path: faq.jsonl}");
        return [];
    }

    public YamlNode? Value(string key) => Has(key) ? Find(key) : null;

    public string? Text(string key)
    {
        if (!Has(key))
        {
            return null;
        }

        if (Find(key) is YamlScalarNode { Value: { } text } && text.Trim().Length > 0)
        {
            return text;
        }

        Wanted(key, "a text");
        return null;
    }

    public string? OneOf(string key, params string[] allowed)
    {
        string? text = Text(key);
        if (text is null || allowed.Contains(text, StringComparer.Ordinal))
        {
            return text;
        }

        Problem(key, NearestName.Unknown("value", text, allowed));
        return null;
    }

    public IReadOnlyList<string> Texts(string key)
    {
        if (!Has(key))
        {
            return [];
        }

        if (Find(key) is not YamlSequenceNode list || list.Children.Any(c => c is not YamlScalarNode { Value.Length: > 0 }))
        {
            Wanted(key, "a list such as [a, b]");
            return [];
        }

        return [.. list.Children.Select(c => ((YamlScalarNode)c).Value!)];
    }

    public int? Integer(string key, int least, int most = int.MaxValue) => (int?)Long(key, least, most);

    public long? Long(string key, long least, long most)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= least && value <= most)
        {
            return value;
        }

        Problem(key, $"wanted a whole number {Range(least, most, most is int.MaxValue or long.MaxValue)}, came \"{text}\".");
        return null;
    }

    /// <param name="key">Key.</param>
    /// <param name="least">Smallest value; not itself allowed when <paramref name="above"/>.</param>
    /// <param name="most">Largest value.</param>
    /// <param name="above">Whether the value must be above <paramref name="least"/>.</param>
    public double? Number(string key, double least = double.MinValue, double most = double.MaxValue, bool above = false)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            && (above ? value > least : value >= least) && value <= most)
        {
            return value;
        }

        string range = least == double.MinValue ? "" : above
            ? FormattableString.Invariant($" above {least}") + (most == double.MaxValue ? "" : FormattableString.Invariant($", at most {most}"))
            : " " + Range(least, most, most == double.MaxValue);
        Problem(key, $"wanted a number{range}, came \"{text}\".");
        return null;
    }

    public DateOnly? Day(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            return day;
        }

        Problem(key, $"wanted a day such as 2026-11-01, came \"{text}\".");
        return null;
    }

    public void Wanted(string key, string wanted)
    {
        string came = Find(key) switch
        {
            YamlMappingNode => "a section",
            YamlSequenceNode => "a list",
            YamlScalarNode { Value: { Length: > 0 } value } => $"\"{value}\"",
            _ => "nothing",
        };
        Problem(key, $"wanted {wanted}, came {came}.");
    }

    /// <summary>Reports every key that was not asked for.</summary>
    public void Done()
    {
        foreach (var key in _node.Children.Keys.Where(k => !_asked.Contains(KeyText(k), StringComparer.Ordinal)))
        {
            string where = _name.Length == 0 ? "" : $"{_name}: ";
            _problems.Add(key.Start, where + NearestName.Unknown("key", KeyText(key), _asked));
        }
    }

    private static string Range(double least, double most, bool open) => open
        ? FormattableString.Invariant($"of at least {least}")
        : FormattableString.Invariant($"from {least} to {most}");

    private YamlNode? Find(string key) => _node.Children.FirstOrDefault(c => KeyText(c.Key) == key).Value;

    private static string KeyText(YamlNode key) => key is YamlScalarNode { Value: { } text } ? text : "(a key that is no text)";

    private static bool IsNull(YamlNode node) => node is YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: null or "" or "~" or "null" };
}
