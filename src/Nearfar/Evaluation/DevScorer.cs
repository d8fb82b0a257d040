using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Text;
using Nearfar.Training;
using Nearfar.Vectors;

namespace Nearfar.Evaluation;

/// <summary>Scores a static encoder on the dev set while it trains: texts are tokenised once, vectors made anew each time. Not thread-safe.</summary>
public sealed class DevScorer : IHeldOutScorer<StaticTrainableEncoder>
{
    private readonly StaticEncoder _start;
    private readonly HeldOutMeasure _measure;
    private readonly int[][] _queries;
    private readonly int[][] _documents;
    private readonly int _threads;
    private readonly DevSet _set;
    private float[]? _rows;

    /// <param name="set">Questions for choosing the step; a gate set has another type.</param>
    /// <param name="start">The encoder whose tokenizer and options the trained one keeps.</param>
    /// <param name="threads">How many may work; no score depends on it.</param>
    public DevScorer(DevSet set, StaticEncoder start, int threads)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(start);
        _start = start;
        _threads = threads;
        _measure = new HeldOutMeasure(set);
        _queries = [.. set.Queries.Select(q => Tokenise(q.Query, TextRole.Query))];
        _documents = [.. set.Corpus.Documents.Select(d => Tokenise(d.Content, TextRole.Document))];
        _set = set;
        Hash = set.Hash;
    }

    /// <inheritdoc />
    public string Hash { get; }

    /// <inheritdoc />
    public ValueTask<HeldOutScore> ScoreAsync(StaticTrainableEncoder encoder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        if (encoder.Dimensions != _start.Dimensions || encoder.VocabularySize != _start.Tokenizer.VocabularySize)
        {
            throw new NearfarException(
                $"The scorer was made for {_start.Tokenizer.VocabularySize} tokens of {_start.Dimensions} dimensions, space {_start.Space}; the trained encoder has "
                + $"{encoder.VocabularySize} of {encoder.Dimensions}, space {encoder.ToEncoder().Space}. Make the scorer with the start that is trained: nearfar train does.");
        }

        _rows ??= new float[_start.Tokenizer.VocabularySize * _start.Dimensions];       // kept: a model may be hundreds of megabytes
        encoder.CopyRows(_rows);
        var now = StaticEncoder.Over(_start.Tokenizer, _rows, _start.Dimensions, _start.Options);
        var quality = _measure.Measure(Embed(now, _queries), Embed(now, _documents), cancellationToken);
        return ValueTask.FromResult(new HeldOutScore(quality.Overall.Ndcg10, quality.Overall.MarginMean) { Detail = DetailOf(quality, _set) });
    }

    internal static HeldOutDetail DetailOf(HeldOutQuality quality, DevSet set) => new(quality.Overall.N, quality.Overall.Recall5,
    [
        .. quality.Cohorts.OrderBy(a => a.Key, StringComparer.Ordinal).SelectMany(a => a.Value.OrderBy(v => v.Key, StringComparer.Ordinal)
            .Select(v => new HeldOutCohort(a.Key, v.Key, v.Value.N, v.Value.Ndcg10, v.Value.Recall5, v.Value.MarginMean, set.Rules.Any(r => r.Attribute == a.Key && r.Protected.Contains(v.Key))))),
    ]);

    private int[] Tokenise(string text, TextRole role)
    {
        var buffer = new TokenBuffer();
        _start.Tokenise(text, role, buffer);
        return buffer.Ids.ToArray();
    }

    private Rows<float> Embed(StaticEncoder encoder, int[][] texts)
    {
        var rows = Rows.Allocate<float>(texts.Length, encoder.Dimensions);
        Parallel.For(0, texts.Length, new ParallelOptions { MaxDegreeOfParallelism = _threads },
            i => encoder.Pool(texts[i], rows[i]));
        return rows;
    }
}
