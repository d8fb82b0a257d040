using System.Security.Cryptography;
using Nearfar.Pairs;

namespace Nearfar.Training;

/// <summary>The cohorts of each training row, as numbers. Immutable.</summary>
internal sealed class TrainingCohorts
{
    private readonly string[][] _values;        // by attribute: the names of its values, ordinal
    private readonly int[][] _of;               // by attribute: the value of each row

    public TrainingCohorts(IReadOnlyList<TrainingRows.Row> rows, Corpus corpus, CohortResolver? resolver, IReadOnlyList<string> wanted)
    {
        var byPair = rows.Select(r => r.Pair).DistinctBy(p => p.Id).ToDictionary(p => p.Id, p => Resolve(p, corpus, resolver, wanted), StringComparer.Ordinal);
        // What no row has (page: known or new is a held-out question's) says nothing of a batch.
        Attributes = [.. byPair.Values.SelectMany(v => v.Where(x => x.Value != CohortResolver.Unknown).Select(x => x.Key)).Concat(wanted).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        (_values, _of) = Number(rows, pair => byPair[pair.Id]);
    }

    /// <summary>Of rows whose pairs hold what was resolved before: a part of a streamed file.</summary>
    public TrainingCohorts(IReadOnlyList<TrainingRows.Row> rows, IReadOnlyList<string> attributes)
    {
        Attributes = attributes;
        (_values, _of) = Number(rows, pair => pair.Cohorts);
    }

    public IReadOnlyList<string> Attributes { get; }

    /// <summary>The values of a pair. An attribute that is asked for without a rule is read as a rule without a source would read it.</summary>
    public static IReadOnlyDictionary<string, string> Resolve(Pair pair, Corpus corpus, CohortResolver? resolver, IReadOnlyList<string> wanted)
    {
        corpus.TryGet(pair.PositiveIds[0], out var positive);
        var values = new Dictionary<string, string>(resolver?.Resolve(pair, positive) ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        foreach (string attribute in wanted.Where(a => !values.ContainsKey(a)))
        {
            values[attribute] = pair.Cohorts.GetValueOrDefault(attribute) ?? positive?.Attributes.GetValueOrDefault(attribute) ?? CohortResolver.Unknown;
        }

        return values;
    }

    /// <summary>Value number of each row.</summary>
    public int[] Of(string attribute) => _of[Attributes.ToList().IndexOf(attribute)];

    public string NameOf(string attribute, int value) => _values[Attributes.ToList().IndexOf(attribute)][value];

    /// <summary>SHA-256 over the values that the rows have of some attributes; <c>none</c> of none.</summary>
    public string HashOf(IReadOnlyList<string> attributes)
    {
        if (attributes.Count == 0)
        {
            return "none";
        }

        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string attribute in attributes)
        {
            foreach (int value in Of(attribute))
            {
                ContentHash.Append(sha, NameOf(attribute, value));
            }
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    /// <summary>Rows of a batch by attribute and value, values by number; the counts are good until the next call.</summary>
    public IEnumerable<(string Attribute, IEnumerable<(string Value, int Rows)> Values)> CountsOf(int[] batch, int most)
    {
        for (int a = 0; a < Attributes.Count; a++)
        {
            int[] counts = new int[_values[a].Length];
            foreach (int row in batch)
            {
                counts[_of[a][row]]++;
            }

            int at = a;
            var present = Enumerable.Range(0, counts.Length).Where(v => counts[v] > 0).OrderByDescending(v => counts[v]).ThenBy(v => v).ToArray();
            var shown = present.Take(most).Select(v => (_values[at][v], counts[v]));
            int rest = present.Skip(most).Sum(v => counts[v]);
            yield return (Attributes[a], rest == 0 ? shown : shown.Append(("(other)", rest)));
        }
    }

    private (string[][] Values, int[][] Of) Number(IReadOnlyList<TrainingRows.Row> rows, Func<Pair, IReadOnlyDictionary<string, string>> valuesOf)
    {
        string[][] values = [.. Attributes.Select(a => rows.Select(r => ValueOf(r, a)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray())];
        return (values, [.. Attributes.Select((a, i) => rows.Select(r => Array.BinarySearch(values[i], ValueOf(r, a), StringComparer.Ordinal)).ToArray())]);

        string ValueOf(TrainingRows.Row row, string attribute) => valuesOf(row.Pair).GetValueOrDefault(attribute, CohortResolver.Unknown);
    }
}
