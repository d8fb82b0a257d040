namespace Nearfar.Evaluation.Slices;

/// <summary>An attribute as small integers: each question has one value, or, of words, any number.</summary>
/// <param name="name">As conditions name it.</param>
/// <param name="values">By code, ordinal.</param>
/// <param name="starts">First code of each question, and their end [N + 1].</param>
/// <param name="codes">Codes of the questions, one after the other.</param>
internal sealed class SliceAttribute(string name, string[] values, int[] starts, int[] codes)
{
    public string Name => name;

    public string[] Values => values;

    public ReadOnlySpan<int> this[int question] => codes.AsSpan(starts[question], starts[question + 1] - starts[question]);

    /// <summary>An attribute of which each question has one value.</summary>
    public static SliceAttribute Of(string name, IReadOnlyList<string> byQuestion)
    {
        string[] values = [.. byQuestion.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var code = values.Select((v, i) => (v, i)).ToDictionary(v => v.v, v => v.i, StringComparer.Ordinal);
        return new(name, values, [.. Enumerable.Range(0, byQuestion.Count + 1)], [.. byQuestion.Select(v => code[v])]);
    }

    /// <summary>Words of the questions that at least <paramref name="least"/> of them contain.</summary>
    public static SliceAttribute OfWords(IReadOnlyList<string> texts, int least)
    {
        var words = texts.Select(WordsOf).ToArray();
        string[] values = [.. words.SelectMany(w => w).GroupBy(w => w, StringComparer.Ordinal).Where(g => g.Count() >= least).Select(g => g.Key).Order(StringComparer.Ordinal)];
        var code = values.Select((v, i) => (v, i)).ToDictionary(v => v.v, v => v.i, StringComparer.Ordinal);
        var (starts, codes) = (new List<int> { 0 }, new List<int>());
        foreach (var own in words)
        {
            codes.AddRange(own.Where(code.ContainsKey).Select(w => code[w]).Order());
            starts.Add(codes.Count);
        }

        return new(SliceCondition.WordAttribute, values, [.. starts], [.. codes]);
    }

    /// <summary>Different words of a text.</summary>
    public static HashSet<string> WordsOf(string text)
    {
        var words = new List<string>();
        Text.Words.Split(text, words);
        return words.ToHashSet(StringComparer.Ordinal);
    }
}
