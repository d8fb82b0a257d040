using Nearfar.Pairs;

namespace Nearfar.Evaluation;

/// <summary>Refuses a judged set from which no honest number can come.</summary>
internal static class JudgedSetCheck
{
    /// <exception cref="NearfarException">No question, no document, repeated ids, no relevant document, or an id that the corpus lacks.</exception>
    public static void ThrowUnlessSound(JudgedSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        var problems = new List<string>();
        if (set.Queries.Count == 0)
        {
            problems.Add("it has no question");
        }

        if (set.Corpus.Count == 0)
        {
            problems.Add("its corpus is empty");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var query in set.Queries)
        {
            if (!seen.Add(query.Id))
            {
                problems.Add($"question id \"{query.Id}\" stands twice");
            }

            if (!query.Relevance.Values.Any(grade => grade >= 1))
            {
                problems.Add($"question \"{query.Id}\" has no relevant document");
            }

            foreach (string id in query.Relevance.Keys.Concat(query.NegativeIds).Concat(query.ForbiddenIds).Where(id => !set.Corpus.TryGetIndex(id, out _)))
            {
                problems.Add($"question \"{query.Id}\" names document \"{id}\", which the corpus lacks");
            }

            foreach (string id in query.NegativeIds.Concat(query.ForbiddenIds).Where(id => query.Relevance.TryGetValue(id, out int grade) && grade >= 1))
            {
                problems.Add($"question \"{query.Id}\" names document \"{id}\" as right and as wrong");
            }
        }

        if (problems.Count > 0)
        {
            throw new NearfarException($"Set \"{set.Name}\" cannot be scored: {string.Join("; ", problems.Take(20))}{(problems.Count > 20 ? $"; and {problems.Count - 20} more" : "")}. Run: nearfar check");
        }
    }
}
