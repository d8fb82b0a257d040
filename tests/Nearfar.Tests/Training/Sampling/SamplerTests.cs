using Nearfar.Pairs;
using Nearfar.Training;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training.Sampling;

public class SamplerTests
{
    private const string LongText = "the parcel was sent back to the shop by the courier after three days at the door";

    [Fact]
    public void Text_EqualsTheRuleWrittenPlainly()
    {
        var random = new SeededRandom(5);
        int[] anchors = [.. Enumerable.Range(0, 200).Select(_ => random.Below(120))], positives = [.. anchors.Select(_ => 120 + random.Below(40))];
        var batches = new BatchSampler(anchors, positives, 16, 0.25, 7).Epoch(3);
        var waiting = Enumerable.Range(0, 200).ToArray();
        SeededRandom.For(7, 3, "batches").Shuffle(waiting);
        var left = waiting.ToList();
        foreach (int[] batch in batches)
        {
            var taken = new HashSet<int>();
            var expected = new List<int>();
            foreach (int row in left)
            {
                if (expected.Count < 16 && !taken.Contains(anchors[row]) && !taken.Contains(positives[row]))
                {
                    taken.UnionWith([anchors[row], positives[row]]);
                    expected.Add(row);
                }
            }

            left.RemoveAll(expected.Contains);
            Assert.Equal(expected, batch);
        }

        Assert.True(batches.Count > 5);
    }

    [Fact]
    public void Answer_NoPairWhosePositiveOrItsNearDuplicateAnswersAnotherAnchor()
    {
        // d1 repeats d0 but for one word; q0 is answered by d0, q1 by d1, q2 by d2 and d0.
        var corpus = new Corpus([Doc("d0", LongText + " and nobody was there to take it in"), Doc("d1", LongText + " and nobody was there to take it on"), Doc("d2", "another page about bills"), Doc("d3", "a third page about coffee")]);
        var set = new TrainingSet(corpus, [Of("q0", "d0"), Of("q1", "d1"), Of("q2", "d2", "d0"), Of("q3", "d3")]);
        var rows = TrainingRows.From(set, 0);
        var sampler = SamplerPlan.Of(rows, new TrainingOptions { Batch = 5, MinBatchShare = 0 }, BatchRule.Answer, null, null);
        int seen = 0;
        for (int epoch = 0; epoch < 8; epoch++)
        {
            foreach (int[] batch in sampler.Epoch(epoch, null))
            {
                seen++;
                string[] pairs = [.. batch.Select(r => rows.Rows[r].Pair.Id)];
                Assert.True(pairs.Intersect(["q0", "q1", "q2"]).Count() <= 1, string.Join(' ', pairs));
                Assert.Equal(pairs.Distinct(), pairs);
            }
        }

        Assert.True(seen > 0);
        Assert.Contains(SamplerPlan.Of(rows, new TrainingOptions { Batch = 5 }, BatchRule.Text, null, null).Epoch(0, null), b => b.Length > 2);      // texts alone let them meet
    }

    [Fact]
    public void Label_BatchesHoldTwosOfSeveralLabels()
    {
        int[] labels = [.. Enumerable.Range(0, 103).Select(i => i % 10)];
        var sampler = new LabelSampler(new RowDraws([.. Enumerable.Range(0, 103)], 1), labels, [.. Enumerable.Range(0, 103)], 17, 0.25, 1);
        var batches = sampler.Epoch(0, null);
        Assert.Equal(sampler.CountOf(0), batches.Count);
        Assert.Equal([16, 16, 16, 16, 16, 16], batches.Take(6).Select(b => b.Length));
        Assert.All(batches, b => Assert.All(b.GroupBy(r => labels[r]), g => Assert.True(g.Count() % 2 == 0)));
        Assert.All(batches, b => Assert.True(b.Select(r => labels[r]).Distinct().Count() > 1));
        Assert.Equal(batches.Sum(b => b.Length), batches.SelectMany(b => b).Distinct().Count());
        Assert.NotEqual(batches[0], sampler.Epoch(1, null)[0]);
    }

    [Fact]
    public void Hard_AsManyBatchesAsByChance_OfNeighboursAndWithoutTwins()
    {
        // 8 topics of 16 documents around a direction each; two documents of topic 0 are twins.
        var vectors = new Rows<float>(new float[128 * 16], 128, 16, 16);
        var random = new SeededRandom(3);
        for (int i = 0; i < 128; i++)
        {
            for (int k = 0; k < 16; k++)
            {
                vectors[i][k] = (k == i / 16 ? 1 : 0) + (0.25f * random.Bell());
            }
        }

        vectors[0].CopyTo(vectors[1]);
        UnitRows.Make(vectors);
        int[] slots = [.. Enumerable.Range(0, 128)];
        var sampler = new NeighbourSampler(new RowDraws(slots, 1), RowConflicts.Equal([.. slots.Select(i => new[] { i })]), slots, 16, 0.25, 1);
        for (int epoch = 0; epoch < 4; epoch++)
        {
            var batches = sampler.Epoch(epoch, vectors);
            Assert.Equal(sampler.CountOf(epoch), batches.Count);
            Assert.DoesNotContain(batches, b => b.Contains(0) && b.Contains(1));
            Assert.Equal(batches.Sum(b => b.Length), batches.SelectMany(b => b).Distinct().Count());
            double topics = batches.Average(b => b.Select(r => r / 16).Distinct().Count());
            Assert.True(topics < 4.5, $"{topics} topics a batch; by chance about 7");
        }

        Assert.Equal(sampler.Epoch(2, vectors).SelectMany(b => b), sampler.Epoch(2, vectors).SelectMany(b => b));
    }

    [Theory, InlineData(MixRule.Proportional, 10, 2), InlineData(MixRule.RoundRobin, 2, 2), InlineData(MixRule.Temperature, 8, 4)]
    public void Mixed_DrawsBatchesAsItsRuleSays(MixRule rule, int large, int small)
    {
        IBatchSampler[] sets = [Plain(0, 100), Plain(100, 20)];
        var sampler = new MixedSampler(sets, [100, 20], rule, 2, 1);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            var batches = sampler.Epoch(epoch, null);
            Assert.Equal(sampler.CountOf(epoch), batches.Count);
            Assert.All(batches, b => Assert.Single(b.Select(r => r < 100).Distinct()));
            Assert.Equal((large, small), (batches.Count(b => b[0] < 100), batches.Count(b => b[0] >= 100)));
        }

        static BatchSampler Plain(int first, int rows) =>
            new(new RowDraws([.. Enumerable.Range(first, rows)], 1, null, "batches " + first), RowConflicts.Equal([.. Enumerable.Range(0, 120).Select(i => new[] { i })]), 10, 0.25);
    }

    [Fact]
    public void Balanced_TailCohortsComeMoreOften_UpToTheCap()
    {
        int[] cohorts = [.. Enumerable.Repeat(0, 400), .. Enumerable.Repeat(1, 100), .. Enumerable.Repeat(2, 4)];
        double[] weights = RowDraws.Balanced(cohorts, 0.5, 4);
        Assert.Equal((1.0, 2.0, 4.0), (weights[0], weights[400], weights[500]));
        Assert.All(RowDraws.Balanced(cohorts, 0, 4), w => Assert.Equal(1, w));
        var drawn = new RowDraws([.. Enumerable.Range(0, 504)], 1, weights).Of(0);
        Assert.Equal([400, 200, 16], drawn.GroupBy(r => cohorts[r]).OrderBy(g => g.Key).Select(g => g.Count()));
        double[] half = [.. Enumerable.Repeat(1.5, 1000)];
        Assert.InRange(new RowDraws([.. Enumerable.Range(0, 1000)], 1, half).Of(0).Length, 1440, 1560);
    }

    private static Document Doc(string id, string text) => new() { Id = id, Text = text };

    private static Pair Of(string query, params string[] positives) => new() { Id = query, Query = "question " + query, PositiveIds = positives };
}
