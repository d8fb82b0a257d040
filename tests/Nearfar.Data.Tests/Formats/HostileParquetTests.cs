using CsCheck;
using Nearfar.Data.Formats;
using Nearfar.Pairs;
using Parquet;
using Xunit;

namespace Nearfar.Data.Tests.Formats;

/// <summary>Parquet files that broke on the way, or that nobody wrote in good faith: an error with the file, never other rows in silence.</summary>
public sealed class HostileParquetTests
{
    [Fact]
    public void Read_CutAnywhere_IsAnErrorEvenWhenRowsAreSkipped()
    {
        using var folder = new Folder();
        byte[] whole = File.ReadAllBytes(Table(400).Write(folder["whole.parquet"], CompressionMethod.Zstd, groupRows: 50));
        for (int length = 4; length < whole.Length; length += 97)
        {
            string path = folder.Write("cut.parquet", whole[..length]);
            var error = Assert.Throws<NearfarException>(() => DataReader.Documents(new DataSource { Path = path }));
            Assert.Contains("Fetch or write the file again", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_CutInTheMiddleWithItsFooter_IsAnError()
    {
        using var folder = new Folder();
        byte[] whole = File.ReadAllBytes(Table(400).Write(folder["whole.parquet"], CompressionMethod.None, groupRows: 50));
        int footer = 8 + BitConverter.ToInt32(whole, whole.Length - 8);
        for (int length = 4; length < whole.Length - footer - 97; length += 97)
        {
            string path = folder.Write("cut.parquet", [.. whole[..length], .. whole[^footer..]]);
            Assert.Throws<NearfarException>(() => DataReader.Documents(new DataSource { Path = path }));
        }
    }

    [Fact]
    public void Read_AnyByteChanged_IsAnErrorOrRowsAndNeverAnythingElse()
    {
        using var folder = new Folder();
        byte[] whole = File.ReadAllBytes(Table(40).Write(folder["whole.parquet"], CompressionMethod.Zstd, groupRows: 20));
        Gen.Int[4, whole.Length - 1].Select(Gen.Byte).Sample(
            (at, value) =>
            {
                byte[] bytes = [.. whole];
                bytes[at] = value;
                string path = folder.Write("d.parquet", bytes);
                try
                {
                    DataReader.Documents(new DataSource { Path = path });
                }
                catch (NearfarException)
                {
                    // what bad data are told with
                }
            },
            iter: 2000, threads: 1);
    }

    [Fact]
    public void Read_RandomBytesBehindTheMark_AreAnError()
    {
        using var folder = new Folder();
        Gen.Byte.Array[0, 200].Sample(
            bytes =>
            {
                string path = folder.Write("d.parquet", [.. "PAR1"u8, .. bytes, .. BitConverter.GetBytes(bytes.Length), .. "PAR1"u8]);
                Assert.Throws<NearfarException>(() => DataReader.Documents(new DataSource { Path = path }));
            },
            iter: 500, threads: 1);
    }

    [Fact]
    public void Read_OneTextAMillionTimes_IsStopped()
    {
        using var folder = new Folder();
        string text = string.Concat(Enumerable.Repeat("all the same ", 40));
        string path = new ParquetTable().Values<int>("id", [.. Enumerable.Range(0, 600_000).Select(i => (int?)1)]).Text("text", [.. Enumerable.Repeat(text, 600_000)]).Write(folder["bomb.parquet"], CompressionMethod.Zstd);
        Assert.Contains("grow", Assert.Throws<NearfarException>(() => DataReader.Documents(new DataSource { Path = path })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoRowsOrNoFile_IsAnError()
    {
        using var folder = new Folder();
        Assert.Contains("is empty", Assert.Throws<NearfarException>(() => ParquetFile.ReadDocuments(new ParquetTable().Text("text").Write(folder["d.parquet"]))).Message, StringComparison.Ordinal);
        Assert.Contains("no such file", Assert.Throws<NearfarException>(() => ParquetFile.ReadDocuments(folder["none"])).Message, StringComparison.Ordinal);
        Assert.False(ParquetFile.IsAt(folder["none"]));
    }

    [Fact]
    public void Read_WhereOnlyJsonlIsRead_IsRefusedByName()
    {
        using var folder = new Folder();
        Assert.Contains("is a Parquet file", Assert.Throws<NearfarException>(() => DocumentFile.Read(Table(3).Write(folder["d.jsonl"]))).Message, StringComparison.Ordinal);
    }

    private static ParquetTable Table(int rows)
    {
        int[] all = [.. Enumerable.Range(0, rows)];
        return new ParquetTable().Text("id", [.. all.Select(i => $"d{i}")]).Text("text", [.. all.Select(i => $"text {i * 7919 % 1000}")]).Values<double>("x", [.. all.Select(i => i % 5 == 0 ? null : (double?)i)]);
    }
}
