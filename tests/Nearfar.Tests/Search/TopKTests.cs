using CsCheck;
using Nearfar.Search;
using Xunit;

namespace Nearfar.Tests.Search;

public class TopKTests
{
    [Fact]
    public void Drain_AnyStream_IsTheBeginningOfTheSortedStream()
    {
        Gen.Select(Gen.Int[0, 5].Array[0, 60], Gen.Int[1, 20]).Sample((scores, k) =>
        {
            string[] ids = [.. scores.Select((_, i) => $"d{(i * 37) % 61}")];
            var best = new TopK(k, DocumentOrder.Of(ids));
            for (int i = 0; i < scores.Length; i++)
            {
                Assert.True(scores[i] >= best.Threshold || i >= k);
                best.Offer(i, scores[i]);
            }

            var expected = scores.Select((s, i) => new Hit(i, s)).OrderByDescending(h => h.Score).ThenByDescending(h => ids[h.Document], StringComparer.Ordinal).Take(k);
            Assert.Equal(expected, best.Drain());
            Assert.Empty(best.Drain());
        });
    }
}
