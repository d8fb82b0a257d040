using Nearfar.Data.Formats;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Data.Tests.Formats;

public sealed class TrecTests
{
    [Theory]
    [InlineData("1 Q0 d 1 nan t", "score \"nan\" is not a finite number")]
    [InlineData("1 Q0 d 1 NaN t", "not a finite number")]
    [InlineData("1 Q0 d 1 1e999 t", "not a finite number")]
    [InlineData("1 Q0 d 1 0,9 t", "write a decimal point, not a comma")]
    [InlineData("1 Q0 d 1 0.9", "wanted 6 cells (query Q0 document rank score tag), came 5")]
    [InlineData("1 Q0 d first 0.9 t", "rank \"first\" is not a whole number")]
    [InlineData("1 Q0 d 2 0.9 t", "document \"d\" stands twice for query \"1\"")]
    public void ReadRun_BadLine_IsNamed(string line, string message)
    {
        using var folder = new Folder();
        string path = folder.Write("run.txt", "1 Q0 d 1 2.5 tag\n\n" + line + "\n2\tQ0\td  1 -1.5e-3\ttag\n");
        var error = Assert.Throws<NearfarException>(() => TrecRun.Read(path));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(3, error.Line);
    }

    [Fact]
    public void Run_WriteThenRead_IsTheSameToTheLastDigit()
    {
        using var folder = new Folder();
        var run = new Dictionary<string, IReadOnlyList<RetrievedDocument>>
        {
            ["q2"] = [new("dé", 0.1 + 0.2, 1), new("e", 1.0 / 3, 2)],
            ["q1"] = [new("x", -5e-324, 1)],
        };
        TrecRun.Write(folder["run.txt"], run, "bm25");
        Assert.Equal("q2 Q0 dé 1 0.30000000000000004 bm25", File.ReadLines(folder["run.txt"]).First());
        var read = TrecRun.Read(folder["run.txt"]);
        Assert.Equal(run.Keys, read.Keys);
        Assert.All(run, q => Assert.Equal(q.Value, read[q.Key]));
        Assert.Throws<ArgumentException>(() => TrecRun.Write(folder["bad.txt"], new Dictionary<string, IReadOnlyList<RetrievedDocument>> { ["a b"] = [new("x", 1, 1)] }, "t"));
        Assert.Throws<ArgumentException>(() => TrecRun.Write(folder["bad.txt"], new Dictionary<string, IReadOnlyList<RetrievedDocument>> { ["a"] = [new("x", null, 1)] }, "t"));
        Assert.False(File.Exists(folder["bad.txt"]));
    }

    [Fact]
    public void Qrels_WriteThenRead_KeepsNegativeGrades()
    {
        using var folder = new Folder();
        var judged = new Dictionary<string, IReadOnlyDictionary<string, int>> { ["q"] = new Dictionary<string, int> { ["b"] = 2, ["a"] = -1 }, ["p"] = new Dictionary<string, int> { ["a"] = 0 } };
        TrecQrels.Write(folder["qrels"], judged);
        Assert.Equal("q 0 b 2\nq 0 a -1\np 0 a 0\n", File.ReadAllText(folder["qrels"]));
        Assert.Equal(judged, TrecQrels.Read(folder["qrels"]));
    }

    [Fact]
    public void ReadQrels_BadLines_AreAllNamed()
    {
        using var folder = new Folder();
        string message = Assert.Throws<NearfarException>(() => TrecQrels.Read(folder.Write("qrels", "q 0 a 1\nq 0 a 2\nq 0 b x\nq 0 c\n"))).Message;
        Assert.Contains("qrels:2: document \"a\" is judged twice for query \"q\"", message, StringComparison.Ordinal);
        Assert.Contains("qrels:3: grade \"x\" is not a whole number", message, StringComparison.Ordinal);
        Assert.Contains("qrels:4: wanted 4 cells", message, StringComparison.Ordinal);
        Assert.Contains("is empty", Assert.Throws<NearfarException>(() => TrecQrels.Read(folder.Write("none", "\n"))).Message, StringComparison.Ordinal);
    }
}
