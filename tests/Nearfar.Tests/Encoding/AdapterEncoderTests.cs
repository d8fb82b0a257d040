using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Encoding;

public sealed class AdapterEncoderTests : IDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly StaticEncoder Base = SmallModels.Encoder(options: new() { Label = "base" });
    private static readonly StaticEncoder Other = SmallModels.Encoder(options: new() { Label = "other" }, seed: 2);
    private static readonly string[] Texts = ["refund annual plan", "where is my order", "late delivery", "zebra"];
    private readonly string _folder = Directory.CreateTempSubdirectory("nearfar-adapter-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static AdapterEncoder Adapter(int rank = 0, IEncoder? of = null)
    {
        float[] rows = [.. AdapterMap.Identity(8, rank, 1).Rows.Data.ToArray().Select((v, i) => v + (0.3f * MathF.Sin(i)))];
        return new AdapterEncoder(of ?? Base, new AdapterMap(8, rank, rows), 0.05, "shop");
    }

    private static async Task<float[]> EncodeAsync(IEncoder encoder, TextRole role, params string[] texts)
    {
        float[] rows = new float[texts.Length * encoder.Dimensions];
        await encoder.EncodeAsync(texts, role, rows, Token);
        return rows;
    }

    private static ModelManifest ManifestOf(AdapterEncoder encoder) => new() { Space = encoder.Space.Id, Name = "shop", Kind = "adapter", Dimensions = 8, MaxTokens = 0 };

    [Theory, InlineData(0), InlineData(2)]
    public async Task EncodeAsync_Queries_AreMappedAndOfLengthOneAndDocumentsAreTheBases(int rank)
    {
        var adapter = Adapter(rank);
        Assert.Equal(await EncodeAsync(Base, TextRole.Document, Texts), await EncodeAsync(adapter, TextRole.Document, Texts));
        float[] queries = await EncodeAsync(adapter, TextRole.Query, Texts), plain = await EncodeAsync(Base, TextRole.Query, Texts);
        var rows = adapter.Map.Rows;
        for (int t = 0; t < 3; t++)
        {
            double[] x = [.. plain.Skip(t * 8).Take(8).Select(v => (double)v)], y = rank == 0 ? new double[8] : (double[])x.Clone();
            for (int i = 0; i < 8; i++)
            {
                for (int j = 0; j < 8; j++)
                {
                    y[i] += rank == 0 ? rows[i][j] * x[j] : Enumerable.Range(0, rank).Sum(k => (double)rows[rank + k][i] * rows[k][j]) * x[j];
                }
            }

            double length = Math.Sqrt(y.Sum(v => v * v));
            for (int i = 0; i < 8; i++)
            {
                Assert.Equal(y[i] / length, queries[(t * 8) + i], 1e-6);
            }

            Assert.Equal(queries[(t * 8)..((t + 1) * 8)], await EncodeAsync(adapter, TextRole.Query, Texts[t]));        // alone as in a batch
        }

        Assert.All(queries[24..], v => Assert.Equal(0, v));     // no known token: a miss stays one
    }

    [Fact]
    public void Space_FollowsTheBaseAndTheMap()
    {
        Assert.Equal(Adapter().Space, Adapter().Space);
        string[] ids = [Base.Space.Id, Adapter().Space.Id, Adapter(2).Space.Id, Adapter(0, Other).Space.Id];
        Assert.Equal(4, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(Base.Space, ((IEncoder)Adapter()).DocumentSpace);
    }

    [Fact]
    public async Task Index_OfTheBase_IsAcceptedForQueriesAndNoOther()
    {
        var corpus = new Corpus([.. Texts.Take(3).Select((t, i) => new Document { Id = $"d{i}", Text = t })]);
        var index = (await VectorRanker.CreateAsync(Base, corpus, Token)).Index;
        var hits = await new VectorRanker(Adapter(), index).RankAsync(["refund"], 3, Token);
        Assert.Equal(3, hits[0].Count);
        Assert.Equal(Base.Space, (await VectorRanker.CreateAsync(Adapter(), corpus, Token)).Index.Vectors.Space);
        var foreign = (await VectorRanker.CreateAsync(Other, corpus, Token)).Index;
        string message = Assert.Throws<NearfarException>(() => new VectorRanker(Adapter(), foreign)).Message;
        Assert.All(new[] { Base.Space.Id, Other.Space.Id, "nearfar index" }, part => Assert.Contains(part, message, StringComparison.Ordinal));
        // The adapter's own space is that of its queries: it opens no index.
        Assert.Throws<NearfarException>(() => index.Search(Rows.Allocate<float>(1, 8), Adapter().Space, 1, Token));
    }

    [Theory, InlineData(0), InlineData(2)]
    public async Task Save_Load_IsTheSameEncoderAndCarriesItsSmallBase(int rank)
    {
        var adapter = Adapter(rank);
        AdapterModelFolder.Save(_folder, adapter, ManifestOf(adapter), "# shop\n");
        var loaded = Assert.IsType<AdapterEncoder>(ModelFolder.Load(_folder));
        Assert.Equal((adapter.Space, Base.Space, rank), (loaded.Space, loaded.DocumentSpace, loaded.Rank));
        Assert.Equal(await EncodeAsync(adapter, TextRole.Query, Texts), await EncodeAsync(loaded, TextRole.Query, Texts));
        Assert.Contains("nearfar.QueryAdapter", await File.ReadAllTextAsync(Path.Combine(_folder, "modules.json"), Token), StringComparison.Ordinal);
        Assert.Throws<NearfarException>(() => StaticEncoder.Load(_folder));      // never read as its base alone
        Assert.Throws<NearfarException>(() => AdapterModelFolder.Save(_folder, adapter, ManifestOf(Adapter(1)), ""));
    }

    [Fact]
    public void Load_WithoutOrWithAnotherBase_NamesWhatIsWanted()
    {
        var adapter = Adapter();
        AdapterModelFolder.Save(_folder, adapter, ManifestOf(adapter), "");
        Assert.Equal(adapter.Space, AdapterModelFolder.Load(_folder, Other).Space);      // the copy serves
        Directory.Delete(Path.Combine(_folder, "base"), recursive: true);
        Assert.Contains(Base.Space.Id, Assert.Throws<NearfarException>(() => ModelFolder.Load(_folder)).Message, StringComparison.Ordinal);
        string message = Assert.Throws<NearfarException>(() => ModelFolder.Load(_folder, Other)).Message;
        Assert.All(new[] { Base.Space.Id, Other.Space.Id }, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.Equal(adapter.Space, ModelFolder.Load(_folder, Base).Space);
    }

    [Fact]
    public void Load_AChangedMap_IsRefused()
    {
        var adapter = Adapter();
        AdapterModelFolder.Save(_folder, adapter, ManifestOf(adapter), "");
        string path = Path.Combine(_folder, "adapter.safetensors");
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^2] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("was changed", Assert.Throws<NearfarException>(() => ModelFolder.Load(_folder)).Message, StringComparison.Ordinal);
        bytes.AsSpan(^4..).Fill(0xff);      // NaN
        File.WriteAllBytes(path, bytes);
        Assert.Contains("finite", Assert.Throws<NearfarException>(() => ModelFolder.Load(_folder)).Message, StringComparison.Ordinal);
    }
}
