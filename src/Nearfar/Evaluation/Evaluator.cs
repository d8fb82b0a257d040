using Microsoft.Extensions.AI;
using Nearfar.Encoding;
using Nearfar.Evaluation.Geometry;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Vectors;

namespace Nearfar.Evaluation;

/// <summary>Scores an encoder or a ranking on a judged set: retrieval, margins and their scale, by query and by cohort.</summary>
/// <remarks>
/// Documents are searched exhaustively. A question without any known token is a counted miss; a document without any is never ranked.
/// The same input gives the same report for any number of threads. Thread-safe.
/// </remarks>
public sealed class Evaluator
{
    private readonly EvaluationOptions _options;

    /// <param name="options">Null: the defaults.</param>
    /// <exception cref="ArgumentException">Options that cannot be; all problems in one message.</exception>
    public Evaluator(EvaluationOptions? options = null)
    {
        _options = options ?? new EvaluationOptions();
        _options.ThrowUnlessValid();
    }

    /// <summary>Scores an encoder: retrieval by exact search, margins, scale fingerprint.</summary>
    /// <param name="encoder">The model version under test.</param>
    /// <param name="set">The questions, their judgements and the corpus.</param>
    /// <param name="cancellationToken">Stops between batches and blocks.</param>
    /// <exception cref="NearfarException">The set is empty or contradicts its corpus, or the encoder failed or gave NaN.</exception>
    public async Task<EvalReport> EvaluateAsync(IEncoder encoder, JudgedSet set, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        JudgedSetCheck.ThrowUnlessSound(set);
        var rows = await EncodedSet.EncodeAsync(encoder, set, _options.Batch, cancellationToken);
        var hits = rows.Rank(set.Corpus, _options.Depth, cancellationToken);
        var background = Background.Draw(rows, set, _options, encoder.Temperature);
        return new ReportBuilder(set, _options)
        {
            Label = encoder.Space.Label ?? encoder.Space.Id,
            Space = encoder.Space,
            Background = background,
            Temperature = encoder.Temperature,
            Geometry = SpaceGeometryMeasure.Of(rows, set, hits, _options),
            Rows = rows,
        }.Build(hits);
    }

    /// <summary>Scores any provider's encoder.</summary>
    /// <param name="generator">Used for queries and documents alike; rows are normalised here.</param>
    /// <param name="space">Its space, by a label of your own that names provider, model and dimensions; its vectors are compared with no other's.</param>
    /// <param name="set">The questions, their judgements and the corpus.</param>
    /// <param name="cancellationToken">Stops between batches and blocks.</param>
    /// <exception cref="NearfarException">The set is empty or contradicts its corpus, or the generator gave a wrong count, length, zero vector or NaN.</exception>
    public async Task<EvalReport> EvaluateAsync(
        IEmbeddingGenerator<string, Embedding<float>> generator, EmbeddingSpace space, JudgedSet set, CancellationToken cancellationToken = default)
    {
        JudgedSetCheck.ThrowUnlessSound(set);
        var encoder = await GeneratorEncoder.CreateAsync(generator, space, _options.Batch, cancellationToken);
        return await EvaluateAsync(encoder, set, cancellationToken);
    }

    /// <summary>Scores a ranking without vectors, such as BM25 or what a server returned: no margins, no scale.</summary>
    /// <param name="ranker">Ranks the set's corpus: a hit's document is a position in it.</param>
    /// <param name="set">The questions, their judgements and the corpus.</param>
    /// <param name="cancellationToken">Handed to the ranker.</param>
    /// <exception cref="NearfarException">The set is empty or contradicts its corpus, or the ranking is not one (repeated documents, rising or non-finite scores).</exception>
    public async Task<EvalReport> EvaluateAsync(IRanker ranker, JudgedSet set, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ranker);
        JudgedSetCheck.ThrowUnlessSound(set);
        var hits = await ranker.RankAsync([.. set.Queries.Select(q => q.Query)], _options.Depth, cancellationToken);
        if (hits.Count != set.Queries.Count)
        {
            throw new NearfarException($"Ranker {ranker.Name} gave {hits.Count} rankings for {set.Queries.Count} questions.");
        }

        return new ReportBuilder(set, _options) { Label = ranker.Name }.Build(hits);
    }
}
