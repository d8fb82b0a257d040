using Nearfar.Evaluation;
using Nearfar.Gating.Sets;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Tests.Evaluation;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Gating.Sets;

/// <summary>Two encoders that are equally good: whose negatives a gate holds must not tell them apart.</summary>
public sealed class PoolFairnessTests
{
    private const int Pages = 300;
    private const int Dimensions = 24;

    [Fact]
    public async Task MarginOfEqualEncoders_MinedByOneSide_DiffersFarMoreThanPooled()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var corpus = new Corpus(Enumerable.Range(0, Pages).Select(i => new Document { Id = $"d{i:000}", Text = $"page {i}" }));
        Pair[] rows = [.. Enumerable.Range(0, 150).Select(i => new Pair { Id = $"q{i:000}", Query = $"question {i}", PositiveIds = [$"d{i:000}"] })];
        var (current, candidate) = (Encoder(corpus, rows, 1, "nf1-current"), Encoder(corpus, rows, 2, "nf1-candidate"));
        var (third, fourth) = (Encoder(corpus, rows, 3, "nf1-third"), Encoder(corpus, rows, 4, "nf1-fourth"));
        var builder = new JudgedSetBuilder(corpus, DocumentClusters.Of(corpus, rows));
        async Task<PoolRanker> RankerAsync(VectorEncoder encoder) => new(encoder.Space.Id, await VectorRanker.CreateAsync(encoder, corpus, cancellationToken), encoder.Space.Id);

        var near = await (await RankerAsync(current)).Ranker.RankAsync([.. rows.Select(r => r.Query)], 10, cancellationToken);
        var mined = builder.Gate([.. rows.Select((r, i) => r with { HardNegatives = [.. near[i].Select(h => corpus.Documents[h.Document].Id).Where(id => id != r.PositiveIds[0]).Take(6).Select(id => new HardNegative(id))] })]);
        PoolRanker[] rankers = [await RankerAsync(third), await RankerAsync(current), await RankerAsync(fourth)];
        var frozen = await new GateSetFreezer(builder, rankers, new FreezeOptions(), SmallSet.Clock).FreezeAsync(SmallSet.Rows(rows), null, cancellationToken);
        double oneSided = await GapAsync(mined), pooled = await GapAsync(builder.Gate(frozen.Rows));
        Assert.True(oneSided > 0.2, $"{oneSided}");
        Assert.True(pooled < 0.45 * oneSided, $"{pooled} of {oneSided}");

        async Task<double> GapAsync(GateSet set)
        {
            var evaluator = new Evaluator();
            return (await evaluator.EvaluateAsync(candidate, set, cancellationToken)).Metrics["margin_mean"].Mean - (await evaluator.EvaluateAsync(current, set, cancellationToken)).Metrics["margin_mean"].Mean;
        }
    }

    // The same truth seen with noise of its own.
    private static VectorEncoder Encoder(Corpus corpus, Pair[] rows, ulong seed, string space)
    {
        var (truth, noise) = (new SeededRandom(99), new SeededRandom(seed));
        var encoder = new VectorEncoder(Dimensions, space);
        float[][] pages = [.. corpus.Documents.Select(_ => Enumerable.Range(0, Dimensions).Select(_ => truth.Bell()).ToArray())];
        float[] Blur(float[] vector) => [.. vector.Select(v => v + (1.0f * noise.Bell()))];
        for (int i = 0; i < pages.Length; i++)
        {
            encoder.Add(corpus.Documents[i].Content, Blur(pages[i]));
        }

        for (int i = 0; i < rows.Length; i++)
        {
            encoder.Add(rows[i].Query, Blur(pages[i]));
        }

        return encoder;
    }
}
