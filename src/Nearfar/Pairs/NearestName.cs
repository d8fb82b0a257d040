namespace Nearfar.Pairs;

/// <summary>"Did you mean": the valid name nearest to a mistyped one.</summary>
internal static class NearestName
{
    /// <summary>The nearest by edit distance with swaps, when it is near enough to be meant; ties go to the first.</summary>
    public static string? Of(string name, IEnumerable<string> valid)
    {
        string? best = null;
        int least = int.MaxValue;
        foreach (string candidate in valid)
        {
            int distance = Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (distance < least)
            {
                (best, least) = (candidate, distance);
            }
        }

        return best is not null && least <= Math.Max(2, Math.Max(name.Length, best.Length) / 2) ? best : null;
    }

    /// <summary><c>unknown field "x"; did you mean "y"?</c>, or the list of what is valid.</summary>
    public static string Unknown(string kind, string name, IReadOnlyList<string> valid) =>
        Of(name, valid) is { } near ? $"unknown {kind} \"{name}\"; did you mean \"{near}\"?" : $"unknown {kind} \"{name}\"; valid are {string.Join(", ", valid)}.";

    // Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
    private static int Distance(string a, string b)
    {
        if (a.Length > 200)
        {
            return int.MaxValue;
        }

        var rows = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                int best = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                rows[i, j] = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] ? Math.Min(best, rows[i - 2, j - 2] + 1) : best;
            }
        }

        return rows[a.Length, b.Length];
    }
}
