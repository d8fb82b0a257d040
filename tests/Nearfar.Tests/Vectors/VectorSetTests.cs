using Nearfar.Tests.Pairs;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Vectors;

public class VectorSetTests
{
    private static readonly string[] Ids = ["plain", "with \"quotes\"\nand a line", "日本 😀", ""];

    private static VectorSet Set(params string[] ids) => new(new EmbeddingSpace("nf1-0123456789abcdef") { Label = "v7" }, ids,
        new Rows<float>(Enumerable.Range(0, ids.Length * 2).Select(i => (float)i).ToArray(), ids.Length, 2, 2));

    [Fact]
    public void Save_ThenLoad_GivesIdsRowsAndSpace()
    {
        using var folder = new Folder();
        Set(Ids).Save(folder["v.safetensors"]);
        var read = VectorSet.Load(folder["v.safetensors"]);
        Assert.Equal(Ids, read.Ids);
        Assert.Equal(Set(Ids).Space, read.Space);
        Assert.Equal("v7", read.Space.Label);
        Assert.Equal([4, 5], read.Rows[2].ToArray());
        Assert.Equal(["v.ids.jsonl", "v.safetensors"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Save_NoRows_CanBeReadBack()
    {
        using var folder = new Folder();
        new VectorSet(new EmbeddingSpace("s"), [], new Rows<float>(Memory<float>.Empty, 0, 2, 2)).Save(folder["v.safetensors"]);
        Assert.Empty(VectorSet.Load(folder["v.safetensors"]).Ids);
    }

    [Theory]
    [InlineData("\"a\"\n", "1 ids for 2 vectors")]
    [InlineData("\"a\"\n\"c\"\n", "do not belong together")]         // the right number, of another writing
    [InlineData("\"a\"\nb\n", "ids.jsonl:2: not a JSON string")]
    [InlineData("\"a\"\n7\n", "ids.jsonl:2: wanted a JSON string")]
    [InlineData("\"a\" \"x\"\n\"b\"\n", "ids.jsonl:1: not a JSON string")]
    [InlineData("\"a\"\n\"\\ud800\"\n", "ids.jsonl:2: not a JSON string")]
    [InlineData("\"a\"\n\n", "ids.jsonl:2: not a JSON string")]
    public void Load_IdsThatAreNotTheVectors_IsRefusedWithTheLine(string ids, string reason)
    {
        using var folder = new Folder();
        Set("a", "b").Save(folder["v.safetensors"]);
        folder.Write("v.ids.jsonl", ids);
        Assert.Contains(reason, Assert.Throws<NearfarException>(() => VectorSet.Load(folder["v.safetensors"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"vectors":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}""", 8, "unknown space")]
    [InlineData("""{"__metadata__":{"space":" "},"vectors":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}""", 8, "unknown space")]
    [InlineData("""{"__metadata__":{"space":"s"},"rows":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}""", 8, "found rows")]
    [InlineData("""{"__metadata__":{"space":"s"},"vectors":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "two axes")]
    [InlineData("""{"__metadata__":{"space":"s"},"vectors":{"dtype":"F32","shape":[5000000000,0],"data_offsets":[0,0]}}""", 0, "two axes")]
    [InlineData("""{"__metadata__":{"space":"s"},"vectors":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}""", 8, "stands twice")]
    public void Load_NoVectorsOfAKnownSpace_IsRefused(string header, int data, string reason)
    {
        using var folder = new Folder();
        folder.Write("v.safetensors", SafeTensorsFileTests.Compose(header, new byte[data]));
        folder.Write("v.ids.jsonl", "\"a\"\n\"a\"\n");
        Assert.Contains(reason, Assert.Throws<NearfarException>(() => VectorSet.Load(folder["v.safetensors"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WithoutIds_NamesTheMissingFile()
    {
        using var folder = new Folder();
        Set("a").Save(folder["v.safetensors"]);
        File.Delete(folder["v.ids.jsonl"]);
        Assert.Equal(folder["v.ids.jsonl"], Assert.Throws<NearfarException>(() => VectorSet.Load(folder["v.safetensors"])).Path);
    }

    [Fact]
    public void New_NotFiniteOrOtherCount_IsRefused()
    {
        var rows = new Rows<float>(new float[] { 1, 2, 3, float.NaN }, 2, 2, 2);
        Assert.Contains("\"b\"", Assert.Throws<NearfarException>(() => new VectorSet(new EmbeddingSpace("s"), ["a", "b"], rows)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new VectorSet(new EmbeddingSpace("s"), ["a"], rows));
    }

    [Fact]
    public void Space_EqualsByIdAlone_AndRefusesAnotherNamingBoth()
    {
        var one = new EmbeddingSpace("nf1-1") { Label = "v7" };
        Assert.Equal(one, new EmbeddingSpace("nf1-1") { Label = "other" });
        Assert.Equal(one.GetHashCode(), new EmbeddingSpace("nf1-1").GetHashCode());
        Assert.NotEqual(one, new EmbeddingSpace("NF1-1"));
        Assert.Throws<ArgumentException>(() => new EmbeddingSpace(" "));
        EmbeddingSpace.ThrowUnlessSame(one, new EmbeddingSpace("nf1-1"), "x", "y");
        string message = Assert.Throws<NearfarException>(() => EmbeddingSpace.ThrowUnlessSame(one, new EmbeddingSpace("nf1-2"), "The index", "Rebuild it.")).Message;
        Assert.Equal("The index holds vectors of space nf1-2; wanted is space nf1-1 (v7). Rebuild it.", message);
    }
}
