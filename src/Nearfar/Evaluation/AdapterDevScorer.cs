using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Training;
using Nearfar.Vectors;

namespace Nearfar.Evaluation;

/// <summary>Scores an adapter on the dev set while it trains: texts are embedded once by the frozen base, queries are mapped anew each time. Not thread-safe.</summary>
public sealed class AdapterDevScorer : IHeldOutScorer<AdapterTrainableEncoder>
{
    private readonly DevSet _set;
    private readonly HeldOutMeasure _measure;
    private readonly Rows<float> _queries;
    private readonly Rows<float> _documents;

    private AdapterDevScorer(DevSet set, Rows<float> queries, Rows<float> documents, EmbeddingSpace space) =>
        (_set, _measure, _queries, _documents, Hash) = (set, new HeldOutMeasure(set), queries, documents, set.Hash + " " + space.Id);

    /// <inheritdoc />
    public string Hash { get; }

    /// <summary>Embeds the dev set.</summary>
    /// <param name="set">Questions for choosing the step; a gate set has another type.</param>
    /// <param name="baseEncoder">The frozen encoder.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public static async Task<AdapterDevScorer> CreateAsync(DevSet set, IEncoder baseEncoder, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(baseEncoder);
        return new AdapterDevScorer(set, await EmbedAsync([.. set.Queries.Select(q => q.Query)], TextRole.Query).ConfigureAwait(false),
            await EmbedAsync([.. set.Corpus.Documents.Select(d => d.Content)], TextRole.Document).ConfigureAwait(false), baseEncoder.Space);

        async Task<Rows<float>> EmbedAsync(string[] texts, TextRole role)
        {
            var rows = Rows.Allocate<float>(texts.Length, baseEncoder.Dimensions);
            await baseEncoder.EncodeAsync(texts, role, rows.Data, cancellationToken).ConfigureAwait(false);
            return rows;
        }
    }

    /// <inheritdoc />
    public ValueTask<HeldOutScore> ScoreAsync(AdapterTrainableEncoder encoder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        var map = encoder.ToMap();
        var queries = Rows.Allocate<float>(_queries.Count, _queries.Dimensions);
        float[] mapped = new float[_queries.Dimensions];
        for (int i = 0; i < queries.Count; i++)
        {
            map.Apply(_queries[i], mapped);
            AdapterEncoder.Normalise(mapped, queries[i]);
        }

        var quality = _measure.Measure(queries, _documents, cancellationToken);
        return ValueTask.FromResult(new HeldOutScore(quality.Overall.Ndcg10, quality.Overall.MarginMean) { Detail = DevScorer.DetailOf(quality, _set) });
    }
}
