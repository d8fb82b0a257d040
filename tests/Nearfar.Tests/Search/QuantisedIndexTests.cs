using Nearfar.Search;
using Nearfar.Tests.Pairs;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Search;

public class Int8IndexTests() : VectorIndexSuite(IndexKind.Int8)
{
    [Fact]
    public void Search_ClusteredVectors_FindsWhatExactSearchFinds() => QuantisedRecall.AssertAtLeast(0.9999, Build, 128);

    /// <summary>Sums of many dimensions stay within 32 bits, whatever the weights.</summary>
    [Fact]
    public void Search_ManyEqualDimensions_DoesNotOverflow()
    {
        const int D = 4096;
        var rows = Rows.Allocate<float>(3, D);
        rows[0].Fill(1 / 64f);
        rows[1].Fill(-1 / 64f);
        rows[2].Fill(1 / 80f);
        using var index = Build(new VectorSet(Space, ["a", "b", "c"], rows));
        Assert.Equal([0, 2], index.Search(rows.Slice(0, 1), Space, new SearchOptions { K = 2, Candidates = 1 }, Token)[0].Select(h => h.Document));
    }

    [Fact]
    public void Open_CodesOfAnotherIndex_IsRefused() => TornIndex.AssertRefused(IndexKind.Int8);
}

public class BinaryIndexTests() : VectorIndexSuite(IndexKind.Binary)
{
    [Fact]
    public void Search_ClusteredVectors_FindsNearlyWhatExactSearchFinds() => QuantisedRecall.AssertAtLeast(0.97, Build, 256);

    [Fact]
    public void Open_CodesOfAnotherIndex_IsRefused() => TornIndex.AssertRefused(IndexKind.Binary);
}

internal static class QuantisedRecall
{
    public static void AssertAtLeast(double least, Func<VectorSet, IVectorIndex> build, int dimensions)
    {
        var random = new SeededRandom(3);
        Rows<float> Draw(int count, Func<int, Rows<float>?> centres, float spread)
        {
            var rows = Rows.Allocate<float>(count, dimensions);
            var from = centres(count);
            for (int i = 0; i < count; i++)
            {
                int centre = from is null ? 0 : random.Below(from.Value.Count);
                for (int d = 0; d < dimensions; d++)
                {
                    rows[i][d] = (from?[centre][d] ?? 0) + (spread * random.Bell());
                }

                System.Numerics.Tensors.TensorPrimitives.Divide(rows[i], System.Numerics.Tensors.TensorPrimitives.Norm<float>(rows[i]), rows[i]);
            }

            return rows;
        }

        var space = new EmbeddingSpace("nf1-test");
        var centres = Draw(40, _ => null, 1);
        var rows = Draw(8000, _ => centres, 0.05f);
        var queries = Draw(100, _ => centres, 0.05f);
        var vectors = new VectorSet(space, [.. Enumerable.Range(0, rows.Count).Select(i => $"d{i}")], rows);
        using var index = build(vectors);
        using var exact = new FlatIndex(vectors);
        double recall = IndexRecall.Of(index, exact, queries, 10);
        TestContext.Current.TestOutputHelper?.WriteLine($"recall@10 {recall:0.0000}");
        Assert.InRange(recall, least, 1);
        Assert.Equal(1, IndexRecall.Of(exact, exact, queries, 10));
    }
}

internal static class TornIndex
{
    public static void AssertRefused(IndexKind kind)
    {
        using var folder = new Folder();
        var random = new SeededRandom(4);
        VectorSet Set(string space, string prefix)
        {
            var rows = Rows.Allocate<float>(50, 8);
            foreach (ref float value in rows.Data.Span)
            {
                value = random.Bell();
            }

            return new VectorSet(new EmbeddingSpace(space), [.. Enumerable.Range(0, 50).Select(i => prefix + i)], rows);
        }

        IndexFolder.Build(Set("nf1-a", "d"), kind).Save(folder["a"]);
        foreach (var other in new[] { Set("nf1-b", "d"), Set("nf1-a", "e") })
        {
            IndexFolder.Build(other, kind).Save(folder["b"]);
            File.Copy(folder["b/codes.safetensors"], folder["a/codes.safetensors"], overwrite: true);
            File.Copy(folder["b/codes.ids.jsonl"], folder["a/codes.ids.jsonl"], overwrite: true);
            Assert.Contains("do not belong", Assert.Throws<NearfarException>(() => IndexFolder.Open(folder["a"])).Message, StringComparison.Ordinal);
        }

        File.Delete(folder["a/codes.safetensors"]);
        Assert.Throws<NearfarException>(() => IndexFolder.Open(folder["a"]));
        File.WriteAllText(folder["a/index.json"], """{"version":2,"kind":"int8"}""");
        Assert.Contains("version 1", Assert.Throws<NearfarException>(() => IndexFolder.Open(folder["a"])).Message, StringComparison.Ordinal);
        File.WriteAllText(folder["a/index.json"], "[");
        Assert.Contains("index.json", Assert.Throws<NearfarException>(() => IndexFolder.Open(folder["a"])).Message, StringComparison.Ordinal);
    }
}
