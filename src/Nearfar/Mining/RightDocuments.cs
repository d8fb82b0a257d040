using Nearfar.Mining.Reviewing;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Vectors;

namespace Nearfar.Mining;

/// <summary>Positions of the documents that answer each question, over all its rows and all promotions.</summary>
internal sealed class RightDocuments
{
    private readonly Corpus _corpus;
    private readonly Dictionary<string, HashSet<int>> _byFold = new(StringComparer.Ordinal);

    public RightDocuments(Corpus corpus, IEnumerable<Pair> pairs, IEnumerable<ReviewRow> promoted)
    {
        _corpus = corpus;
        foreach (var pair in pairs)
        {
            var set = Of(pair.FoldKey);
            set.UnionWith(pair.PositiveIds.Select(IndexOf));
            set.UnionWith(pair.Relevance?.Where(r => r.Value > 0).Select(r => IndexOf(r.Key)) ?? []);
        }

        foreach (var row in promoted)
        {
            Of(row.FoldKey).Add(IndexOf(row.DocumentId));
        }
    }

    public HashSet<int> Of(string foldKey)
    {
        if (!_byFold.TryGetValue(foldKey, out var set))
        {
            _byFold[foldKey] = set = [];
        }

        return set;
    }

    public int IndexOf(string id) => _corpus.TryGetIndex(id, out int index) ? index : throw new NearfarException($"Document \"{id}\" is not in the corpus of {_corpus.Count}. Run: nearfar check");

    /// <summary>Similarity to the farthest right document; or why there is nothing to measure.</summary>
    public static (double Lowest, string? Trouble) LowestOf(ReadOnlySpan<float> query, HashSet<int> right, Rows<float> documents)
    {
        double lowest = double.PositiveInfinity;
        foreach (int document in right)
        {
            ReadOnlySpan<float> row = documents[document];
            if (row.ContainsAnyExcept(0f))
            {
                lowest = Math.Min(lowest, FlatIndex.Similarity(query, row));
            }
        }

        return (lowest, !query.ContainsAnyExcept(0f) ? "no known token in the query" : double.IsInfinity(lowest) ? "no known token in the right page" : null);
    }
}
