using Nearfar.Data.Formats;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Data.Tests.Formats;

/// <summary>Every kind of file that is read packed is read in zstd.</summary>
public sealed class ZstdTests
{
    [Fact]
    public void ReadPairs_CsvInZstd_IsReadAndOneCutOffIsAnError()
    {
        using var folder = new Folder();
        byte[] packed = Zstd("question,answer\nhow?,so\nwhen?,now\n");
        Assert.Equal(2, CsvFile.ReadPairs(folder.Write("p.csv.zst", packed)).Rows.Count);
        Assert.Contains("cut off", Assert.Throws<NearfarException>(() => CsvFile.ReadPairs(folder.Write("p.csv.zst", packed[..^4]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Documents_NameEndsInCsvZst_IsReadAsCsv()
    {
        using var folder = new Folder();
        string path = folder.Write("d.csv.zst", Zstd("id,text\na,one\nb,two\n"));
        Assert.Equal(["a", "b"], DataReader.Documents(new DataSource { Path = path }).Rows.Select(d => d.Id));
    }

    [Fact]
    public void Read_BeirFolderInZstd_IsReadWithItsJudgements()
    {
        using var folder = new Folder();
        folder.Write("corpus.jsonl.zst", Zstd("{\"_id\":\"d\",\"text\":\"so\"}\n"));
        Assert.True(BeirFolder.IsAt(folder.Path));
        folder.Write("queries.jsonl.zst", Zstd("{\"_id\":\"q\",\"text\":\"how?\"}\n"));
        folder.Write("qrels/test.tsv", Zstd("query-id\tcorpus-id\tscore\nq\td\t1\n"));
        var beir = new BeirFolder(folder.Path);
        Assert.Equal("d", Assert.Single(beir.ReadCorpus().Rows).Id);
        Assert.Equal(["d"], Assert.Single(beir.ReadPairs("test").Rows).PositiveIds);
    }

    [Fact]
    public void Read_TrecFilesInZstd_AreThoseThatWerePacked()
    {
        using var folder = new Folder();
        Assert.Equal(2, TrecQrels.Read(folder.Write("q.zst", Zstd("q 0 a 1\nq 0 b 0\n")))["q"].Count);
        Assert.Equal(["b", "a"], TrecRun.Read(folder.Write("r.zst", Zstd("q Q0 b 1 2.5 t\nq Q0 a 2 1.5 t\n")))["q"].Select(d => d.Id));
        byte[] cut = Zstd("q 0 a 1\nq 0 b 0\n")[..^1];
        Assert.Contains("cut off", Assert.Throws<NearfarException>(() => TrecQrels.Read(folder.Write("q.zst", cut))).Message, StringComparison.Ordinal);
    }

    private static byte[] Zstd(string text) => Folder.Zstd(System.Text.Encoding.UTF8.GetBytes(text));
}
