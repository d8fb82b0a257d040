using System.Globalization;
using Nearfar.Text;

namespace Nearfar.Pairs;

/// <summary>Gives a row the value of every declared cohort attribute. Thread-safe.</summary>
public sealed class CohortResolver
{
    /// <summary>The value of an attribute that a row has not; shown, never dropped.</summary>
    public const string Unknown = "(unknown)";

    private readonly IReadOnlyList<CohortRule> _rules;
    private readonly DateOnly? _asOf;

    /// <param name="rules">Attributes must be unique; edges ascending and finite.</param>
    /// <param name="asOf">The day to which ages are counted; null when no rule reads a date.</param>
    /// <exception cref="ArgumentException">A rule is invalid; all problems in one message.</exception>
    public CohortResolver(IReadOnlyList<CohortRule> rules, DateOnly? asOf)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var problems = rules.SelectMany(r => Problems(r, asOf))
            .Concat(rules.GroupBy(r => r.Attribute, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => $"cohort \"{g.Key}\" is declared twice"));
        if (string.Join("; ", problems) is { Length: > 0 } message)
        {
            throw new ArgumentException(message + ".", nameof(rules));
        }

        _rules = rules;
        _asOf = asOf;
    }

    /// <summary>Names of the declared attributes.</summary>
    internal IEnumerable<string> Attributes => _rules.Select(r => r.Attribute);

    /// <summary>All that a value depends on beside the row and its document, as texts.</summary>
    internal IEnumerable<string> Describe() => _rules.Select(r => string.Create(CultureInfo.InvariantCulture,
        $"{r.Attribute} from {r.From} at {string.Join(' ', r.Edges.Select(e => e.ToString("R", CultureInfo.InvariantCulture)))}{r.Unit}")).Append(string.Create(CultureInfo.InvariantCulture, $"as of {_asOf:yyyy-MM-dd}"));

    /// <summary>Value of every attribute for a row.</summary>
    /// <param name="row">The question with its own cohorts.</param>
    /// <param name="positive">Its first positive document; null when unknown, for example in traffic.</param>
    /// <exception cref="NearfarException">A value that edges are declared for is neither a number nor a date.</exception>
    public IReadOnlyDictionary<string, string> Resolve(Pair row, Document? positive)
    {
        ArgumentNullException.ThrowIfNull(row);
        return Resolve(row.Query, row.Cohorts, positive);
    }

    /// <summary>Value of every attribute for a question.</summary>
    /// <param name="query">The question.</param>
    /// <param name="cohorts">What its row says itself.</param>
    /// <param name="positive">Its first positive document, if known.</param>
    /// <exception cref="NearfarException">A value that edges are declared for is neither a number nor a date.</exception>
    public IReadOnlyDictionary<string, string> Resolve(string query, IReadOnlyDictionary<string, string> cohorts, Document? positive)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(cohorts);
        var values = new Dictionary<string, string>(_rules.Count, StringComparer.Ordinal);
        foreach (var rule in _rules)
        {
            string? raw = Raw(rule, query, cohorts, positive);
            values[rule.Attribute] = string.IsNullOrWhiteSpace(raw) ? Unknown : rule.Edges.Count == 0 ? raw.Trim() : Bin(rule, raw.Trim());
        }

        return values;
    }

    /// <summary>What is wrong with a rule by itself.</summary>
    internal static IEnumerable<string> Problems(CohortRule rule, DateOnly? asOf)
    {
        string at = $"cohort \"{rule.Attribute}\"";
        if (rule.From is { } from && from is not ("query.words" or "query.script") && !(from.StartsWith("document.", StringComparison.Ordinal) && from.Length > 9))
        {
            yield return $"{at}: from is \"{from}\"; wanted query.words, query.script or document.NAME";
        }

        if (rule.Edges.Any(e => !double.IsFinite(e)) || rule.Edges.Zip(rule.Edges.Skip(1)).Any(e => e.First >= e.Second))
        {
            yield return $"{at}: edges must be finite and ascending";
        }

        if (rule is { From: "query.script", Edges.Count: > 0 })
        {
            yield return $"{at}: a script is a name; edges need a number or a date";
        }

        if (rule is { From: "query.words", Edges.Count: 0 })
        {
            yield return $"{at}: query.words is a number; give edges such as [4, 9]";
        }

        if (rule is { From: "query.words", Unit.Length: > 0 })
        {
            yield return $"{at}: query.words counts words; write its edges without \"{rule.Unit}\"";
        }

        if (rule.Unit is not ("" or "d"))
        {
            yield return $"{at}: unit is \"{rule.Unit}\"; wanted d for days or nothing";
        }

        if (rule is { Unit: "d", Edges.Count: > 0 } && asOf is null)
        {
            yield return $"{at}: ages need as_of, the day they are counted to";
        }
    }

    private static string? Raw(CohortRule rule, string query, IReadOnlyDictionary<string, string> cohorts, Document? positive) => rule.From switch
    {
        "query.words" => Words.Count(query).ToString(CultureInfo.InvariantCulture),
        "query.script" => QueryScript.Of(query),
        null => cohorts.TryGetValue(rule.Attribute, out string? own) ? own : positive?.Attributes.GetValueOrDefault(rule.Attribute),
        _ => positive?.Attributes.GetValueOrDefault(rule.From[9..]),
    };

    private string Bin(CohortRule rule, string raw)
    {
        double number = NumberOf(rule, raw);
        int i = rule.Edges.Count(e => e <= number);
        return i == 0 ? "<" + Label(rule, 0)
            : i == rule.Edges.Count ? ">=" + Label(rule, i - 1)
            : Label(rule, i - 1) + "-" + Label(rule, i);
    }

    private double NumberOf(CohortRule rule, string raw)
    {
        if (double.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number))
        {
            return number;
        }

        if (!Dates.TryParseDay(raw, out var day))
        {
            throw new NearfarException($"cohort \"{rule.Attribute}\": value \"{raw}\" is neither a number nor a date such as 2026-11-01. Mend the row or the document.");
        }

        return _asOf is { } asOf
            ? asOf.DayNumber - day.DayNumber
            : throw new NearfarException($"cohort \"{rule.Attribute}\": the age of {raw} needs as_of, the day it is counted to. Set as_of in nearfar.yaml.");
    }

    private static string Label(CohortRule rule, int i) => rule.Edges[i].ToString(CultureInfo.InvariantCulture) + rule.Unit;
}
