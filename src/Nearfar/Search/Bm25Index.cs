using System.Runtime.InteropServices;
using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Search;

/// <summary>Keyword search by Okapi BM25 over <see cref="Words"/>: the reference row of every report. Immutable, thread-safe.</summary>
/// <remarks>
/// score = sum over the query's words (repetitions count) of ln(1 + (N - df + .5) / (df + .5)) * tf (k1 + 1) / (tf + k1 (1 - b + b len/avglen));
/// Robertson and Zaragoza 2009, with the idf that stays positive. Documents without any word of the query are not ranked.
/// </remarks>
public sealed class Bm25Index : IRanker
{
    private readonly SplitText _split;
    private readonly Dictionary<string, int> _terms = new(StringComparer.Ordinal);
    private readonly int[] _starts;
    private readonly int[] _documents;
    private readonly float[] _weights;
    private readonly int[] _order;

    /// <param name="corpus">Titles and texts are indexed.</param>
    /// <param name="k1">Saturation of repeated words, at least 0. Default 1.2.</param>
    /// <param name="b">Length normalisation, 0 to 1. Default 0.75.</param>
    public Bm25Index(Corpus corpus, double k1 = 1.2, double b = 0.75)
        : this(corpus, "bm25", Words.Split, k1, b) { }

    private Bm25Index(Corpus corpus, string name, SplitText split, double k1 = 1.2, double b = 0.75)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentOutOfRangeException.ThrowIfNegative(k1);
        ArgumentOutOfRangeException.ThrowIfNegative(b);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(b, 1);
        Corpus = corpus;
        Name = name;
        _split = split;
        _order = DocumentOrder.Of(corpus.Documents.Select(d => d.Id));
        int[] lengths = new int[corpus.Count];
        var postings = new List<List<(int Document, int Count)>>();
        var words = new List<string>();
        var counts = new Dictionary<int, int>();
        for (int d = 0; d < corpus.Count; d++)
        {
            words.Clear();
            counts.Clear();
            split(corpus.Documents[d].Content, words);
            lengths[d] = words.Count;
            foreach (string word in words)
            {
                ref int term = ref CollectionsMarshal.GetValueRefOrAddDefault(_terms, word, out bool known);
                if (!known)
                {
                    term = postings.Count;
                    postings.Add([]);
                }

                CollectionsMarshal.GetValueRefOrAddDefault(counts, term, out _)++;
            }

            foreach (var (term, count) in counts)
            {
                postings[term].Add((d, count));
            }
        }

        _starts = new int[postings.Count + 1];
        for (int t = 0; t < postings.Count; t++)
        {
            _starts[t + 1] = checked(_starts[t] + postings[t].Count);
        }

        _documents = new int[_starts[^1]];
        _weights = new float[_starts[^1]];
        double average = lengths.Length == 0 ? 1 : Math.Max(lengths.Average(), 1e-9);
        for (int t = 0; t < postings.Count; t++)
        {
            double idf = Math.Log(1 + ((corpus.Count - postings[t].Count + 0.5) / (postings[t].Count + 0.5)));
            for (int i = 0; i < postings[t].Count; i++)
            {
                var (document, count) = postings[t][i];
                _documents[_starts[t] + i] = document;
                _weights[_starts[t] + i] = (float)(idf * count * (k1 + 1) / (count + (k1 * (1 - b + (b * lengths[document] / average)))));
            }
        }
    }

    /// <summary>What is searched.</summary>
    public Corpus Corpus { get; }

    /// <inheritdoc />
    public string Name { get; }

    /// <summary>
    /// The same over pieces of words, four characters long, named <c>bm25-characters</c>: finds through typos, inflections and compounds what
    /// words miss. It learns nothing, so it is independent of every encoder.
    /// </summary>
    /// <param name="corpus">Titles and texts are indexed.</param>
    public static Bm25Index OverCharacters(Corpus corpus) => new(corpus, "bm25-characters", CharacterGrams.Split);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<IReadOnlyList<Hit>>> RankAsync(IReadOnlyList<string> queries, int k, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        var results = new IReadOnlyList<Hit>[queries.Count];
        Parallel.For(0, queries.Count, new ParallelOptions { CancellationToken = cancellationToken },
            () => new Scratch(Corpus.Count),
            (i, _, scratch) =>
            {
                results[i] = Rank(queries[i], k, scratch);
                return scratch;
            },
            _ => { });
        return ValueTask.FromResult<IReadOnlyList<IReadOnlyList<Hit>>>(results);
    }

    private Hit[] Rank(string query, int k, Scratch scratch)
    {
        scratch.Words.Clear();
        scratch.Touched.Clear();
        _split(query, scratch.Words);
        foreach (string word in scratch.Words)
        {
            if (!_terms.TryGetValue(word, out int term))
            {
                continue;
            }

            for (int i = _starts[term]; i < _starts[term + 1]; i++)
            {
                int document = _documents[i];
                if (scratch.Scores[document] == 0)
                {
                    scratch.Touched.Add(document);
                }

                scratch.Scores[document] += _weights[i];
            }
        }

        var best = new TopK(k, _order);
        foreach (int document in scratch.Touched)
        {
            best.Offer(document, scratch.Scores[document]);
            scratch.Scores[document] = 0;
        }

        return best.Drain();
    }

    private delegate void SplitText(ReadOnlySpan<char> text, List<string> into);

    private sealed class Scratch(int documents)
    {
        public float[] Scores { get; } = new float[documents];

        public List<int> Touched { get; } = [];

        public List<string> Words { get; } = [];
    }
}
