using CsCheck;
using Nearfar.Data.Providers;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Data.Tests.Providers;

public sealed class EmbeddingCacheTests : IDisposable
{
    private static readonly EmbeddingSpace s_space = new("nfx-0123456789abcdef");
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("nearfar-cache-").FullName, "c.cache");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    private static float[] VectorOf(int i) => [i, i + .5f, -i];

    private void Fill(int count)
    {
        File.Delete(_path);
        using var cache = EmbeddingCache.Open(_path, s_space, 3);
        cache.Add([.. Enumerable.Range(0, count).Select(i => ($"text {i}", (ReadOnlyMemory<float>)VectorOf(i)))]);
    }

    private int Readable(int count)
    {
        using var cache = EmbeddingCache.Open(_path, s_space, 3);
        float[] vector = new float[3];
        int found = 0;
        for (int i = 0; i < count; i++)
        {
            if (cache.TryGet($"text {i}", vector))
            {
                Assert.Equal(VectorOf(i), vector);       // a vector is whole or absent
                found++;
            }
        }

        return found;
    }

    [Fact]
    public void Open_FolderThatIsAFile_SaysWhichFileCannotBeOpened()
    {
        File.WriteAllText(_path, "x");
        string inside = Path.Combine(_path, "c.cache");
        Assert.Contains($"{inside}: the cache of vectors cannot be opened", Assert.Throws<NearfarException>(() => EmbeddingCache.Open(inside, s_space, 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_CutAnywhere_KeepsEveryWholeRecordAndGoesOn()
    {
        Fill(5);
        byte[] whole = File.ReadAllBytes(_path);
        int record = (whole.Length - 64) / 5;
        for (int length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(_path, whole[..length]);
            int kept = Math.Max(0, length - 64) / record;
            Assert.Equal(kept, Readable(5));
            using (var cache = EmbeddingCache.Open(_path, s_space, 3))
            {
                cache.Add([("text 4", VectorOf(4))]);
            }

            Assert.Equal(kept == 5 ? 5 : kept + 1, Readable(5));
        }
    }

    [Fact]
    public void Open_AnyByteFlipped_NeverGivesAnotherVector()
    {
        Fill(5);
        byte[] whole = File.ReadAllBytes(_path);
        Gen.Int[64, whole.Length - 1].Select(Gen.Byte[1, 255]).Sample((at, flip) =>
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= flip;
            File.WriteAllBytes(_path, damaged);
            Assert.Equal(4, Readable(5));
        }, seed: "0000Nq3ByPR4", iter: 200, threads: 1);
    }

    [Fact]
    public void Open_AnotherSpace_IsRefusedByNamingBoth()
    {
        Fill(1);
        string message = Assert.Throws<NearfarException>(() => EmbeddingCache.Open(_path, new EmbeddingSpace("nfx-ffffffffffffffff"), 3)).Message;
        Assert.Contains(s_space.Id, message, StringComparison.Ordinal);
        Assert.Contains("nfx-ffffffffffffffff", message, StringComparison.Ordinal);
        Assert.Contains("3 values", Assert.Throws<NearfarException>(() => EmbeddingCache.Open(_path, s_space, 4)).Message, StringComparison.Ordinal);
        File.WriteAllText(_path, new string('x', 100));
        Assert.Contains("no cache", Assert.Throws<NearfarException>(() => EmbeddingCache.Open(_path, s_space, 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhileAnotherHasIt_IsRefused()
    {
        using var first = EmbeddingCache.Open(_path, s_space, 3);
        Assert.Contains("One process", Assert.Throws<NearfarException>(() => EmbeddingCache.Open(_path, s_space, 3)).Message, StringComparison.Ordinal);
    }
}
