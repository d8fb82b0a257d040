using CsCheck;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Training.Sampling;

public class BatchSamplerTests
{
    [Fact]
    public void Epoch_AnyRows_NoTextTwiceInABatchAndNoRowTwice() =>
        Gen.Select(Gen.Select(Gen.Int[0, 30], Gen.Int[0, 30]).Array[1, 200], Gen.Int[2, 20], Gen.Int[0, 5], Gen.Int[0, 1000]).Sample((rows, batch, epoch, seed) =>
        {
            var sampler = new BatchSampler([.. rows.Select(r => r.Item1)], [.. rows.Select(r => r.Item2)], batch, 0, (ulong)seed);
            var batches = sampler.Epoch(epoch);
            Assert.All(batches, b => Assert.InRange(b.Length, 2, batch));
            int[] used = [.. batches.SelectMany(b => b)];
            Assert.Equal(used.Length, used.Distinct().Count());
            foreach (int[] b in batches)
            {
                // A row whose query is its own document names one text; between rows no text is shared.
                var texts = b.Select(i => new HashSet<int> { rows[i].Item1, rows[i].Item2 }).ToList();
                Assert.Equal(texts.Sum(t => t.Count), texts.SelectMany(t => t).Distinct().Count());
            }

            // What is left could not make another batch: no two of its rows go together.
            int[] left = [.. Enumerable.Range(0, rows.Length).Except(used)];
            Assert.DoesNotContain(left, i => left.Any(j => j != i && !Shares(rows[i], rows[j])) && batches.Count == 0);
            Assert.Equal(batches.Select(b => string.Join(' ', b)), sampler.Epoch(epoch).Select(b => string.Join(' ', b)));
        }, iter: 200);

    [Fact]
    public void Epoch_NoConflicts_UsesEveryRowInFullBatches()
    {
        var sampler = new BatchSampler([.. Enumerable.Range(0, 100)], [.. Enumerable.Range(100, 100)], 32, 0, 1);
        Assert.Equal([32, 32, 32, 4], sampler.Epoch(0).Select(b => b.Length));
        Assert.NotEqual(sampler.Epoch(0)[0], sampler.Epoch(1)[0]);
    }

    [Fact]
    public void Epoch_ConflictingRow_WaitsForALaterBatch()
    {
        // Four questions about one document, three about others.
        var sampler = new BatchSampler([0, 1, 2, 3, 4, 5, 6], [10, 10, 10, 10, 11, 12, 13], 4, 0, 1);
        var batches = sampler.Epoch(0);
        Assert.Equal(4, batches[0].Length);
        Assert.All(batches, b => Assert.True(b.Count(row => row < 4) <= 1));
    }

    [Fact]
    public void Epoch_LeftoversBelowTheShare_AreLeftOut()
    {
        int[] anchors = [.. Enumerable.Range(0, 40)];
        int[] positives = [.. Enumerable.Range(0, 40).Select(i => i < 20 ? 100 : 101 + i)];
        Assert.Single(new BatchSampler(anchors, positives, 16, 0.9, 1).Epoch(0));
        Assert.True(new BatchSampler(anchors, positives, 16, 0, 1).Epoch(0).Count > 1);
    }

    private static bool Shares((int, int) a, (int, int) b) => a.Item1 == b.Item1 || a.Item1 == b.Item2 || a.Item2 == b.Item1 || a.Item2 == b.Item2;
}
