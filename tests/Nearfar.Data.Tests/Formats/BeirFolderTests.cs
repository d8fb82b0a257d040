using Nearfar.Data.Formats;
using Xunit;

namespace Nearfar.Data.Tests.Formats;

public sealed class BeirFolderTests
{
    [Fact]
    public async Task Workspace_BeirFolder_GivesCorpusTrainAndGate()
    {
        using var folder = new Folder();
        Write(folder, "query-id\tcorpus-id\tscore\nq1\td1\t1\n");
        folder.Write("nearfar.yaml", "version: 1\ndata: {corpus: beir, train: beir, gate: {path: beir, split: test}}\n");
        var workspace = await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken);
        Assert.Equal("title\ntext one", workspace.Corpus["d1"].Content);
        Assert.Equal("web", workspace.Corpus["d1"].Attributes["source"]);
        Assert.Equal("q1", workspace.Train.Pairs[0].QueryId);
        var judged = Assert.Single(workspace.Gate.Queries); // q3 has no relevant document
        Assert.Equal((2, 0), (judged.Relevance["d2"], judged.Relevance["d1"]));
    }

    [Fact]
    public void ReadPairs_BadJudgements_AreAllNamed()
    {
        using var folder = new Folder();
        Write(folder, "query-id\tcorpus-id\tscore\nq1\td1\t1\nq9\td1\t1\nq1\td1\t1\nq2\td1\tx\nq2 d1 1\n");
        var beir = new BeirFolder(folder["beir"]);
        Assert.Equal(["test", "train"], beir.Splits);
        string message = Assert.Throws<NearfarException>(() => beir.ReadPairs("train")).Message;
        Assert.Contains("train.tsv:3: query \"q9\" is not in the queries file", message, StringComparison.Ordinal);
        Assert.Contains("train.tsv:4: document \"d1\" is judged twice", message, StringComparison.Ordinal);
        Assert.Contains("train.tsv:5: wanted query-id, corpus-id and a whole score", message, StringComparison.Ordinal);
        Assert.Contains("train.tsv:6: wanted query-id", message, StringComparison.Ordinal);
        Assert.Contains("this folder has test, train", Assert.Throws<NearfarException>(() => beir.ReadPairs("dev")).Message, StringComparison.Ordinal);
        Assert.Contains("is missing", Assert.Throws<NearfarException>(() => new BeirFolder(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadCorpus_BlankText_IsTheTitle_AndNeitherIsAProblem()
    {
        using var folder = new Folder();
        Write(folder, "");
        folder.Write("beir/corpus.jsonl", """
            {"_id":"d1","text":" ","title":"A paper without an abstract","metadata":{"year":2020}}
            {"_id":"d2","title":"Another","text":null}
            {"_id":"d3","text":"\ud800","title":"half a letter"}
            """);
        string message = Assert.Throws<NearfarException>(() => new BeirFolder(folder["beir"]).ReadCorpus()).Message;
        Assert.Contains("corpus.jsonl:3", message, StringComparison.Ordinal);
        Assert.DoesNotContain("corpus.jsonl:1", message, StringComparison.Ordinal);
        folder.Write("beir/corpus.jsonl", string.Join('\n', File.ReadLines(folder["beir/corpus.jsonl"]).Take(2)));
        var rows = new BeirFolder(folder["beir"]).ReadCorpus().Rows;
        Assert.Equal(["A paper without an abstract", "Another"], rows.Select(d => d.Content));
        Assert.All(rows, d => Assert.Null(d.Title));
        Assert.Equal("2020", rows[0].Attributes["year"]);

        folder.Write("beir/corpus.jsonl", "{\"_id\":\"d1\",\"title\":\" \",\"text\":\"\"}\n");
        Assert.Contains("corpus.jsonl:1: \"text\" is blank and there is no title", Assert.Throws<NearfarException>(() => new BeirFolder(folder["beir"]).ReadCorpus()).Message, StringComparison.Ordinal);
    }

    private static void Write(Folder folder, string train)
    {
        folder.Write("beir/corpus.jsonl", """
            {"_id":"d1","title":"title","text":"text one","metadata":{"source":"web","tags":["a"]}}
            {"_id":"d2","title":"","text":"text two","metadata":{}}
            """);
        folder.Write("beir/queries.jsonl", """
            {"_id":"q1","text":"first question","metadata":{}}
            {"_id":"q2","text":"second question","answers":["one",{"start":2}],"spans":{"a":[1]}}
            {"_id":"q3","text":"third question"}
            """);
        folder.Write("beir/qrels/train.tsv", train);
        folder.Write("beir/qrels/test.tsv", "query-id\tcorpus-id\tscore\nq2\td2\t2\nq2\td1\t0\nq3\td1\t0\n");
    }
}
