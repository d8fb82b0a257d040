using System.Globalization;
using System.Security.Cryptography;

namespace Nearfar.Pairs;

/// <summary>SHA-256 over everything that decides what a score on a set means; not provenance, and not what training pairs decide.</summary>
internal static class JudgedSetHash
{
    public static string Of(IReadOnlyList<JudgedQuery> queries, Corpus corpus, IReadOnlyList<CohortRule> rules, DateOnly? asOf)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(string text) => ContentHash.Append(sha, text);
        void AddList(IEnumerable<string> texts)
        {
            string[] all = [.. texts];
            Add(all.Length.ToString(CultureInfo.InvariantCulture));
            Array.ForEach(all, Add);
        }

        Add("nearfar judged set 1");
        Add(corpus.Hash);
        Add(asOf?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "");
        foreach (var rule in rules)
        {
            Add(rule.Attribute);
            Add(rule.From ?? "");
            Add(rule.Unit);
            AddList(rule.Edges.Select(e => e.ToString("R", CultureInfo.InvariantCulture)));
        }

        foreach (var query in queries)
        {
            Add(query.Id);
            Add(query.Query);
            Add(query.PrimaryId);
            AddList(query.Relevance.OrderBy(r => r.Key, StringComparer.Ordinal).SelectMany(r => (string[])[r.Key, r.Value.ToString(CultureInfo.InvariantCulture)]));
            AddList(query.NegativeIds);
            AddList(query.ForbiddenIds);

            // "page" follows from the training pairs, which may grow while the set stays frozen.
            AddList(query.Cohorts.Where(c => c.Key != PageCohort.Attribute).OrderBy(c => c.Key, StringComparer.Ordinal).SelectMany(c => (string[])[c.Key, c.Value]));
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}
