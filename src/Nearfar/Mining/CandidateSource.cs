using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Mining;

/// <summary>Puts candidates forward, a block of questions at a time, so that memory does not grow with their number. Each ranker is asked; a candidate keeps the rank and score of each.</summary>
internal sealed class CandidateSource
{
    /// <summary>Questions ranked at a time.</summary>
    public const int Block = 1024;

    private readonly IEncoder _encoder;
    private readonly IVectorIndex _index;
    private readonly MiningOptions _options;
    private readonly List<(string Name, IRanker Ranker)> _others = [];
    private readonly SeededRandom _random;

    public CandidateSource(IEncoder encoder, IVectorIndex index, MiningOptions options, Bm25Index? bm25, IReadOnlyList<IRanker> rankers)
    {
        _encoder = encoder;
        _index = index;
        _options = options;
        _random = new SeededRandom(options.Seed);
        if (bm25 is not null)
        {
            _others.Add((bm25.Name, bm25));
        }

        _others.AddRange(rankers.Select(r => (r.Name, r)));
    }

    /// <summary>Rankings of the questions of one block.</summary>
    /// <param name="queries">Their texts.</param>
    /// <param name="vectors">[Q, D] by the mined encoder.</param>
    /// <param name="cancellationToken">Stops between rankers.</param>
    public async Task<BlockRankings> RankAsync(IReadOnlyList<string> queries, Rows<float> vectors, CancellationToken cancellationToken)
    {
        if (_options.Sampling == MiningSampling.Uniform)
        {
            return new BlockRankings(null, []);
        }

        var near = _options.UseEncoder ? _index.Search(vectors, _encoder.DocumentSpace, _options.Depth, cancellationToken) : null;
        var others = new List<(string, IReadOnlyList<IReadOnlyList<Hit>>)>();
        foreach (var (name, ranker) in _others)
        {
            others.Add((name, await ranker.RankAsync(queries, _options.Depth, cancellationToken).ConfigureAwait(false)));
        }

        return new BlockRankings(near, others);
    }

    /// <summary>The candidates of one question, nearest first by the mined encoder whoever put them forward; drawn ones in the order of the draw.</summary>
    /// <remarks>A document without any known token has no similarity and is no candidate.</remarks>
    public IReadOnlyList<Candidate> CandidatesOf(int question, ReadOnlySpan<float> vector, BlockRankings rankings)
    {
        if (_options.Sampling == MiningSampling.Uniform)
        {
            return Drawn(vector);
        }

        var found = new Dictionary<int, List<RankerPlace>>();
        var list = new List<Hit>();
        void Add(string ranker, int rank, Hit hit, float similarity)
        {
            if (!found.TryGetValue(hit.Document, out var places))
            {
                found[hit.Document] = places = [];
                list.Add(new Hit(hit.Document, similarity));
            }

            places.Add(new RankerPlace(ranker, rank, hit.Score));
        }

        var near = rankings.Near?[question] ?? [];
        for (int i = 0; i < near.Count; i++)
        {
            Add("encoder", i + 1, near[i], near[i].Score);
        }

        foreach (var (name, hits) in rankings.Others)
        {
            for (int i = 0; i < hits[question].Count; i++)
            {
                var hit = hits[question][i];
                ReadOnlySpan<float> row = _index.Vectors.Rows[hit.Document];
                if (found.ContainsKey(hit.Document) || row.ContainsAnyExcept(0f))
                {
                    Add(name, i + 1, hit, found.ContainsKey(hit.Document) ? 0 : FlatIndex.Similarity(vector, row));
                }
            }
        }

        return [.. list.OrderByDescending(hit => hit.Score).Select((hit, i) => new Candidate(hit.Document, hit.Score, i + 1, found[hit.Document]))];     // stable: ties stay as found
    }

    private List<Candidate> Drawn(ReadOnlySpan<float> vector)
    {
        var list = new List<Candidate>();
        var seen = new HashSet<int>();
        for (int i = 0; i < _options.Depth; i++)
        {
            int document = _random.Below(_index.Vectors.Rows.Count);
            ReadOnlySpan<float> row = _index.Vectors.Rows[document];
            if (row.ContainsAnyExcept(0f) && seen.Add(document))
            {
                list.Add(new Candidate(document, FlatIndex.Similarity(vector, row), null, []));
            }
        }

        return list;
    }
}

/// <summary>What each ranker found for the questions of one block.</summary>
/// <param name="Near">The mined encoder's; null when it is no source.</param>
/// <param name="Others">The other rankers', by name.</param>
internal sealed record BlockRankings(IReadOnlyList<IReadOnlyList<Hit>>? Near, IReadOnlyList<(string Name, IReadOnlyList<IReadOnlyList<Hit>> Hits)> Others);
