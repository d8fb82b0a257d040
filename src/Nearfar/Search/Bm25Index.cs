using System.Runtime.InteropServices;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Search;

/// <summary>Keyword search by Okapi BM25 over <see cref="Words"/>, stemmed on request: the reference row of every report. Immutable, thread-safe.</summary>
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
    private readonly System.Collections.Concurrent.ConcurrentBag<Scratch> _scratches = [];

    /// <param name="corpus">Titles and texts are indexed.</param>
    /// <param name="k1">Saturation of repeated words, at least 0. Default 1.2.</param>
    /// <param name="b">Length normalisation, 0 to 1. Default 0.75.</param>
    public Bm25Index(Corpus corpus, double k1 = 1.2, double b = 0.75)
        : this(corpus, new Bm25Options { K1 = k1, B = b }) { }

    /// <param name="corpus">Titles and texts are indexed.</param>
    /// <param name="options">Saturation, length normalisation, how words are read and how much more the first ones count.</param>
    /// <exception cref="ArgumentException">Options that cannot be; all problems in one message.</exception>
    public Bm25Index(Corpus corpus, Bm25Options options)
        : this(corpus, (options ?? throw new ArgumentNullException(nameof(options))).Name, options.Analyzer(), options.K1, options.B, options.Lead) { }

    private Bm25Index(Corpus corpus, string name, SplitText split, double k1 = 1.2, double b = 0.75, LeadOptions? lead = null)
    {
        ArgumentNullException.ThrowIfNull(corpus);
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
            SplitDocument(corpus.Documents[d].Content, split, lead, words);
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

    // The lead's words again behind all of them. Field and rest are read apart: a newline is in no word, so that these are the words of the whole.
    private static void SplitDocument(ReadOnlySpan<char> content, SplitText split, LeadOptions? lead, List<string> words)
    {
        if (lead is null)
        {
            split(content, words);
            return;
        }

        var field = lead.FieldOf(content);
        split(field, words);
        var first = words.GetRange(0, Math.Min(words.Count, lead.Tokens));
        split(content[field.Length..], words);
        for (int copy = 1; copy < lead.Weight; copy++)
        {
            words.AddRange(first);
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
        if (queries.Count == 1)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var scratch = TakeScratch();
            results[0] = Rank(queries[0], k, scratch);
            GiveBack(scratch);
            return ValueTask.FromResult<IReadOnlyList<IReadOnlyList<Hit>>>(results);
        }

        Parallel.For(0, queries.Count, new ParallelOptions { CancellationToken = cancellationToken }, TakeScratch,
            (i, _, scratch) =>
            {
                results[i] = Rank(queries[i], k, scratch);
                return scratch;
            },
            GiveBack);
        return ValueTask.FromResult<IReadOnlyList<IReadOnlyList<Hit>>>(results);
    }

    /// <summary>Sums of every document, kept from question to question: clearing them anew would cost more than a short question.</summary>
    internal Scratch TakeScratch() => _scratches.TryTake(out var scratch) ? scratch : new Scratch(Corpus.Count);

    internal void GiveBack(Scratch scratch) => _scratches.Add(scratch);

    private Hit[] Rank(string query, int k, Scratch scratch)
    {
        Score(query, scratch);
        return Best(k, scratch);
    }

    /// <summary>Adds up the scores of every document that has a word of the query.</summary>
    internal void Score(string query, Scratch scratch)
    {
        scratch.Clear();
        _split(query, scratch.Words);
        long postings = 0;
        foreach (string word in scratch.Words)
        {
            if (_terms.TryGetValue(word, out int term))
            {
                scratch.Terms.Add(term);
                postings += _starts[term + 1] - _starts[term];
            }
        }

        // Frequent words touch most documents: looking through all sums is then cheaper than a list of those touched.
        scratch.IsDense = postings > Corpus.Count / 4;
        foreach (int term in scratch.Terms)
        {
            var documents = _documents.AsSpan(_starts[term], _starts[term + 1] - _starts[term]);
            var weights = _weights.AsSpan(_starts[term], documents.Length);
            if (scratch.IsDense)
            {
                AddAll(documents, weights, scratch.Scores);
            }
            else
            {
                AddAndList(documents, weights, scratch);
            }
        }
    }

    /// <summary>The best of what <see cref="Score"/> added up.</summary>
    internal Hit[] Best(int k, Scratch scratch)
    {
        var best = new TopK(k, _order);
        if (scratch.IsDense)
        {
            OfferAll(best, scratch.Scores);
            return best.Drain();
        }

        foreach (int document in scratch.Touched)
        {
            if (scratch.Scores[document] >= best.Threshold)
            {
                best.Offer(document, scratch.Scores[document]);
            }
        }

        return best.Drain();
    }

    private static void AddAll(ReadOnlySpan<int> documents, ReadOnlySpan<float> weights, float[] scores)
    {
        for (int i = 0; i < documents.Length; i++)
        {
            scores[documents[i]] += weights[i];
        }
    }

    private static void AddAndList(ReadOnlySpan<int> documents, ReadOnlySpan<float> weights, Scratch scratch)
    {
        for (int i = 0; i < documents.Length; i++)
        {
            int document = documents[i];
            if (scratch.Scores[document] == 0)
            {
                scratch.Touched.Add(document);
            }

            scratch.Scores[document] += weights[i];
        }
    }

    private static void OfferAll(TopK best, float[] scores)
    {
        const int Step = 256;
        for (int start = 0; start < scores.Length; start += Step)
        {
            var some = scores.AsSpan(start, Math.Min(Step, scores.Length - start));
            float least = MathF.Max(best.Threshold, float.Epsilon);      // 0 is a document without any word of the query
            if (!Vectors.ScanKernels.AnyNotBelow(some, least))
            {
                continue;
            }

            for (int i = 0; i < some.Length; i++)
            {
                if (some[i] >= least)
                {
                    best.Offer(start + i, some[i]);
                    least = MathF.Max(best.Threshold, float.Epsilon);
                }
            }
        }
    }

    internal delegate void SplitText(ReadOnlySpan<char> text, List<string> into);

    internal sealed class Scratch(int documents)
    {
        public float[] Scores { get; } = new float[documents];

        public List<int> Touched { get; } = [];

        public List<string> Words { get; } = [];

        public List<int> Terms { get; } = [];

        /// <summary>Whether <see cref="Touched"/> was not kept.</summary>
        public bool IsDense { get; set; }

        public void Clear()
        {
            if (IsDense)
            {
                Array.Clear(Scores);
            }

            foreach (int document in Touched)
            {
                Scores[document] = 0;
            }

            Terms.Clear();

            Touched.Clear();
            Words.Clear();
        }
    }
}
