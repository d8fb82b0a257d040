using Nearfar.Text;

namespace Nearfar.Gating.Sets;

/// <summary>Which of some questions a text resembles most: cosine of character grams weighted by their rarity. Immutable, thread-safe.</summary>
/// <remarks>
/// Grams rather than an encoder: no model that may be a candidate has a say, and a gram that no question holds makes a text less alike to all of
/// them. It sees wording, not meaning: a paraphrase without common letters counts as unlike.
/// </remarks>
internal sealed class QuestionResemblance
{
    private readonly Dictionary<string, List<(int Question, double Weight)>> _postings = new(StringComparer.Ordinal);
    private readonly int _count;

    public QuestionResemblance(IReadOnlyList<string> questions)
    {
        _count = questions.Count;
        var grams = questions.Select(Grams).ToArray();
        foreach (string gram in grams.SelectMany(g => g.Keys))
        {
            _postings.TryAdd(gram, []);
        }

        for (int i = 0; i < grams.Length; i++)
        {
            foreach (string gram in grams[i].Keys)
            {
                _postings[gram].Add((i, 0));
            }
        }

        var vectors = grams.Select(Weigh).ToArray();      // by how many questions hold a gram, which the first pass counted
        _postings.Clear();
        for (int i = 0; i < vectors.Length; i++)
        {
            foreach (var (gram, weight) in vectors[i])
            {
                (_postings.TryGetValue(gram, out var list) ? list : _postings[gram] = []).Add((i, weight));
            }
        }
    }

    /// <summary>The nearest question and its similarity, 0 to 1; ties go to the first. -1 when nothing is shared.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="except">A question to pass over: the text itself; -1 for none.</param>
    public (int Question, double Similarity) Nearest(string text, int except = -1)
    {
        double[] scores = new double[_count];
        foreach (var (gram, weight) in Weigh(Grams(text)))
        {
            foreach (var (question, other) in _postings.GetValueOrDefault(gram) ?? [])
            {
                scores[question] += weight * other;
            }
        }

        int best = -1;
        for (int i = 0; i < _count; i++)
        {
            best = i != except && scores[i] > 0 && (best < 0 || scores[i] > scores[best]) ? i : best;
        }

        return (best, best < 0 ? 0 : scores[best]);
    }

    private static SortedDictionary<string, int> Grams(string text)
    {
        var grams = new List<string>();
        CharacterGrams.Split(text, grams);
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);     // sums in one order: the same bits everywhere
        foreach (string gram in grams)
        {
            counts[gram] = counts.GetValueOrDefault(gram) + 1;
        }

        return counts;
    }

    private List<(string Gram, double Weight)> Weigh(SortedDictionary<string, int> grams)
    {
        var vector = grams.Select(g => (g.Key, Weight: (1 + Math.Log(g.Value)) * Math.Log((_count + 1.0) / ((_postings.GetValueOrDefault(g.Key)?.Count ?? 0) + 0.5)))).ToList();
        double length = Math.Sqrt(vector.Sum(v => v.Weight * v.Weight));
        return length == 0 ? [] : [.. vector.Select(v => (v.Key, v.Weight / length))];
    }
}
