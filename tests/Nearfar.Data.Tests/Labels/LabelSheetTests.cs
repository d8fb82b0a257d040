using CsCheck;
using Nearfar.Data.Labels;
using Nearfar.Labels;
using Xunit;

namespace Nearfar.Data.Tests.Labels;

public sealed class LabelSheetTests
{
    [Theory, InlineData("jsonl"), InlineData("csv"), InlineData("tsv"), InlineData("jsonl.gz")]
    public void WriteRead_AnyTexts_ComeBack(string ending)
    {
        using var folder = new Folder();
        string[] parts = ["a", "\"", ",", ";", "\n", "\r\n", "\t", " ", "ü", "返", "|", "'", "=1+1"];
        var text = Gen.Int[0, parts.Length - 1].Array[1, 12].Select(all => string.Concat(all.Select(i => parts[i])));
        Gen.Select(text, Gen.Int[-1, 3]).Array[1, 6].Sample(
            rows =>
            {
                LabelRow[] sheet = [.. rows.Select((r, i) => new LabelRow
                {
                    QuestionId = "t1:s",
                    Query = "x" + r.Item1 + "x",
                    DocumentId = $"d{i}",
                    Title = i % 2 == 0 ? "t" + r.Item1 : null,
                    Text = "text " + r.Item1 + ".",
                    Grade = r.Item2 < 0 ? null : r.Item2,
                    Rater = r.Item2 < 0 ? null : "dana",
                    Time = r.Item2 < 0 ? null : new DateTimeOffset(2026, 11, 1, 8, 30, 0, TimeSpan.Zero),
                    Pool = "bm25, nf1-x",
                })];
                string path = folder[$"sheet.{ending}"];
                LabelSheet.Write(path, sheet);
                Assert.Equal(sheet, LabelSheet.Read(path).Rows);
            },
            iter: 40, threads: 1, seed: "0000Nq3ByPR4");
    }

    [Theory]
    [InlineData("q,x,d,,text,4,dana,,", "wanted 0 (wrong), 1, 2 or 3")]
    [InlineData("q,x,d,,text,1,,,", "no \"rater\"")]
    [InlineData("q,x,d,,text,yes,dana,,", "is \"yes\"")]
    [InlineData("q,x,d,,text,,,,\nq,x,d,,text,,,,", "stands on line 2 already")]
    [InlineData("q,,d,,text,,,,", "no \"query\"")]
    [InlineData("q,x,d,,text,1,dana,yesterday,", "wanted a time")]
    public void Read_BadRow_NamesFileAndLine(string row, string message)
    {
        using var folder = new Folder();
        folder.Write("sheet.csv", "question_id,query,document_id,title,text,grade,rater,time,pool\n" + row + "\n");
        var thrown = Assert.Throws<NearfarException>(() => LabelSheet.Read(folder["sheet.csv"]));
        Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
        Assert.Contains("sheet.csv:", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_UnknownColumn_IsAnError()
    {
        using var folder = new Folder();
        folder.Write("sheet.csv", "question_id,query,document_id,grad\nq,x,d,1\n");
        Assert.Contains("grade", Assert.Throws<NearfarException>(() => LabelSheet.Read(folder["sheet.csv"])).Message, StringComparison.Ordinal);
    }
}
