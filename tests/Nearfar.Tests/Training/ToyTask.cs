using Nearfar.Pairs;
using Nearfar.Training;
using Nearfar.Training.Sampling;
using Nearfar.Training.Streaming;

namespace Nearfar.Tests.Training;

/// <summary>Topics whose questions and documents share no word: an untrained encoder guesses, a trained one knows.</summary>
internal sealed class ToyTask : IHeldOutScorer<StaticTrainableEncoder>
{
    private readonly List<(string Query, string Positive)> _heldOut = [];
    private readonly ToyTokenizer _tokenizer;

    public ToyTask(int topics = 20, int pairs = 200, int dimensions = 32, ulong seed = 1, int hardNegatives = 1, int positives = 1)
    {
        var random = SeededRandom.For(seed, 0, "toy");
        var documents = new List<Document>();
        var rows = new List<Pair>();
        for (int t = 0; t < topics; t++)
        {
            for (int copy = 0; copy < positives; copy++)
            {
                documents.Add(new Document { Id = $"d{t}.{copy}", Text = $"{Words("d", t, random)} d{t}.copy{copy} the the the" });
            }
        }

        for (int i = 0; i < pairs; i++)
        {
            int t = i % topics;
            rows.Add(new Pair
            {
                Id = $"p{i}",
                Query = $"{Words("q", t, random)} q.id{i % 50} the",
                PositiveIds = [.. Enumerable.Range(0, positives).Select(copy => $"d{t}.{copy}")],
                HardNegatives = [.. Enumerable.Range(0, random.Below(hardNegatives + 1)).Select(_ => new HardNegative($"d{(t + 1 + random.Below(topics - 1)) % topics}.0"))],
            });
        }

        for (int t = 0; t < topics; t++)
        {
            _heldOut.Add(($"{Words("q", t, random)} the", $"d{t}.0"));
        }

        Set = new TrainingSet(new Corpus(documents), rows);
        _tokenizer = new ToyTokenizer(documents.Select(d => d.Text).Concat(rows.Select(r => r.Query)).Concat(_heldOut.Select(h => h.Query)).SelectMany(t => t.Split(' ')));
        Start = StaticStart.Random(_tokenizer, dimensions, seed);
    }

    public TrainingSet Set { get; }

    public StaticStart Start { get; }

    /// <summary>The pairs as a file; written unless it is there.</summary>
    public StreamedPairs Streamed(string path)
    {
        if (!File.Exists(path))
        {
            PairFile.Write(path, Set.Pairs.Select(p => p with { HardNegatives = [.. p.HardNegatives.DistinctBy(n => n.DocumentId)] }));     // a file names none twice
        }

        return new StreamedPairs(path, Set.Corpus);
    }

    public string Hash { get; init; } = "toy";

    public int Calls { get; private set; }

    public ValueTask<HeldOutScore> ScoreAsync(StaticTrainableEncoder encoder, CancellationToken cancellationToken)
    {
        Calls++;
        float[] rows = encoder.ToRows();
        double[][] documents = [.. Set.Corpus.Documents.Select(d => Embed(rows, d.Text, encoder.Dimensions))];
        double ndcg = 0, margin = 0;
        foreach (var (query, positive) in _heldOut)
        {
            double[] q = Embed(rows, query, encoder.Dimensions);
            double[] similarities = [.. documents.Select(d => d.Zip(q, (x, y) => x * y).Sum())];
            Set.Corpus.TryGetIndex(positive, out int right);
            int rank = 1 + similarities.Count(s => s > similarities[right]);
            ndcg += rank <= 10 ? 1 / Math.Log2(rank + 1) : 0;
            margin += similarities[right] - similarities.Where((_, i) => i != right).Max();
        }

        return ValueTask.FromResult(new HeldOutScore(ndcg / _heldOut.Count, margin / _heldOut.Count));
    }

    private static string Words(string kind, int topic, SeededRandom random) =>
        string.Join(' ', Enumerable.Range(0, 6).Select(_ => $"{kind}{topic}.{random.Below(5)}"));

    private double[] Embed(float[] rows, string text, int dimensions)
    {
        var buffer = new Nearfar.Text.TokenBuffer();
        _tokenizer.Encode(text, buffer);
        double[] sum = new double[dimensions];
        foreach (int id in buffer.Ids)
        {
            for (int k = 0; k < dimensions; k++)
            {
                sum[k] += rows[(id * dimensions) + k];
            }
        }

        double length = Math.Sqrt(sum.Sum(x => x * x));
        return [.. sum.Select(x => x / length)];
    }

    /// <summary>Finds every step as good as the first.</summary>
    internal sealed class Unscored : IHeldOutScorer<StaticTrainableEncoder>
    {
        public string Hash => "unscored";

        public ValueTask<HeldOutScore> ScoreAsync(StaticTrainableEncoder encoder, CancellationToken cancellationToken) => ValueTask.FromResult(new HeldOutScore(0.5, null));
    }
}
