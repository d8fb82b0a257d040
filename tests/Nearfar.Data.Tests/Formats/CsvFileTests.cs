using Nearfar.Data.Formats;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Data.Tests.Formats;

public sealed class CsvFileTests
{
    [Theory]
    [InlineData(",")]
    [InlineData(";")]
    [InlineData("\t")]
    public void ReadPairs_AnySeparator_IsFound(string s)
    {
        using var folder = new Folder();
        string csv = $"\uFEFFid{s}query{s}positive_ids{s}hard_negative_ids{s}cohorts.language\r\n1{s}\"what, is; \"\"it\"\"\n\tthen?\"{s}a|b{s}{s}en\r\n\r\n2{s}next{s}c{s}d{s}\r\n";
        var rows = CsvFile.ReadPairs(folder.Write("p.csv", csv));
        Assert.Equal([2L, 5L], rows.Lines); // the first row spans two lines, a blank one follows
        Assert.Equal("what, is; \"it\"\n\tthen?", rows.Rows[0].Query);
        Assert.Equal(["a", "b"], rows.Rows[0].PositiveIds);
        Assert.Equal("en", rows.Rows[0].Cohorts["language"]);
        Assert.Equal("d", rows.Rows[1].HardNegatives[0].DocumentId);
        Assert.Empty(rows.Rows[1].Cohorts);
    }

    [Fact]
    public void ReadDocuments_ColumnMap_RenamesAndKeepsTheRestAsAttributes()
    {
        using var folder = new Folder();
        var columns = new Dictionary<string, string> { ["id"] = "key", ["text"] = "Body" };
        var document = CsvFile.ReadDocuments(folder.Write("d.csv", "key,Body,lang\n7,hello,en\n"), columns).Rows[0];
        Assert.Equal(("7", "hello", "en"), (document.Id, document.Text, document.Attributes["lang"]));
    }

    [Theory]
    [InlineData("query,positive_ids\na,b\nc,d,e\nf\n", "p.csv:3: has 3 cells, the header has 2", "p.csv:4: has 1 cells, the header has 2")]
    [InlineData("query,positive_ids\n,b\nc,\n", "p.csv:2: has no \"query\"", "p.csv:3: has no positive")]
    [InlineData("query,positve_ids\na,b\n", "p.csv:1: unknown column \"positve_ids\"; did you mean \"positive_ids\"?", "Map it with columns")]
    [InlineData("query,positive_ids\na,\"b\nc,d\n", "p.csv:2: not valid CSV", "quote")]
    [InlineData("query,query,positive_ids\na,b,c\n", "p.csv:1:", "two columns are \"query\"")]
    [InlineData("", "p.csv: is empty", "header")]
    [InlineData("query,positive_ids\n", "p.csv: is empty", "at least one row")]
    public void ReadPairs_BadTable_IsNamedWithItsLine(string csv, string first, string second)
    {
        using var folder = new Folder();
        string message = Assert.Throws<NearfarException>(() => CsvFile.ReadPairs(folder.Write("p.csv", csv))).Message;
        Assert.Contains(first, message, StringComparison.Ordinal);
        Assert.Contains(second, message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadPairs_HostileBytes_AreRefused()
    {
        using var folder = new Folder();
        byte[] latin = [.. "query,positive_ids\nR"u8, 0xFC, .. "ckgabe,b\n"u8];
        Assert.Contains("is not UTF-8", Assert.Throws<NearfarException>(() => CsvFile.ReadPairs(folder.Write("p.csv", latin))).Message, StringComparison.Ordinal);
        byte[] packed = Folder.Gzip("query,positive_ids\na,b\n"u8.ToArray());
        Assert.Single(CsvFile.ReadPairs(folder.Write("p.csv.gz", packed)).Rows);
        Assert.Contains("cut off", Assert.Throws<NearfarException>(() => CsvFile.ReadPairs(folder.Write("p.csv.gz", packed[..^4]))).Message, StringComparison.Ordinal);
        string open = "query,positive_ids\na,\"" + new string('x', 2 << 20) + "\n";
        var error = Assert.Throws<NearfarException>(() => CsvFile.ReadPairs(folder.Write("p.csv", open), reading: new RowReading { MaxLineBytes = 1 << 20 }));
        Assert.Contains("p.csv:1: a row here or shortly behind is longer than 1048576 characters", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workspace_CsvWithColumns_IsReadLikeJsonl()
    {
        using var folder = new Folder();
        folder.Write("d.csv", "key,body\na,first text\nb,second text\n");
        folder.Write("t.csv", "frage,positive_ids\nwas ist a?,a\n");
        folder.Write("nearfar.yaml", "version: 1\ndata:\n  corpus: {path: d.csv, columns: {id: key, text: body}}\n  train: {path: t.csv, columns: {query: frage}}\n");
        var workspace = await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken);
        Assert.Equal("was ist a?", workspace.Train.Pairs[0].Query);
        Assert.Equal("second text", workspace.Corpus["b"].Text);
        Assert.Contains("names no gate set", Assert.Throws<NearfarException>(() => workspace.Gate).Message, StringComparison.Ordinal);
        Assert.Empty(workspace.Traffic);
    }
}
