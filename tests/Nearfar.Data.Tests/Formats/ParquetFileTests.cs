using Nearfar.Data.Formats;
using Nearfar.Data.Init;
using Nearfar.Pairs;
using Parquet;
using Parquet.Schema;
using Xunit;

namespace Nearfar.Data.Tests.Formats;

public sealed class ParquetFileTests
{
    private static readonly DateTime s_time = new(2026, 3, 14, 15, 9, 26, DateTimeKind.Utc);

    [Fact]
    public void ReadPairs_ListsStructsAndDottedColumns_AreWhatJsonlHasThere()
    {
        using var folder = new Folder();
        string path = new ParquetTable()
            .Values<int>("id", 1, 2, 3).Text("query", "what, is \"it\"\nthen?", "next", "last")
            .Lists("positive_ids", ["a", "b"], ["c"], ["e"]).Lists("hard_negative_ids", null, ["d"], [])
            .Text("cohorts.language", "en", null, "de").Structs("provenance", ["source", "rule"], ["log", null], ["human", "r"], ["log", "r"])
            .Maps("relevance", [("a", 2), ("b", 1)], [("c", 1)], [("e", 1), ("f", 0)])
            .Write(folder["p.parquet"]);
        var set = ParquetFile.ReadPairs(path);
        Assert.Equal([1L, 2L, 3L], set.Lines);
        Assert.Equal(["1", "2", "3"], set.Rows.Select(r => r.Id));
        Assert.Equal("what, is \"it\"\nthen?", set.Rows[0].Query);
        Assert.Equal(["a", "b"], set.Rows[0].PositiveIds);
        Assert.Equal(["0", "1", "0"], set.Rows.Select(r => r.HardNegatives.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal("en", set.Rows[0].Cohorts["language"]);
        Assert.Empty(set.Rows[1].Cohorts);
        Assert.Equal(new Provenance { Source = "human", Rule = "r" }.ToString(), set.Rows[1].Provenance!.ToString());
        Assert.Null(set.Rows[0].Provenance!.Rule);
        Assert.Equal((2, 0), (set.Rows[0].Relevance!["a"], set.Rows[2].Relevance!["f"]));
    }

    [Theory]
    [InlineData("sentence1", "sentence2", null)]
    [InlineData("anchor", "positive", "negative")]
    [InlineData("question", "answer", null)]
    public void ReadPairs_NamesOfPublicDataSets_NeedNoColumns(string query, string positive, string? negative)
    {
        using var folder = new Folder();
        var table = new ParquetTable().Text(query, "how?", "when?").Text(positive, "so", "now");
        var set = ParquetFile.ReadPairs((negative is null ? table : table.Text(negative, "not", null)).Write(folder["p.parquet"]));
        Assert.Equal(negative is null ? ["so", "now"] : ["so", "not", "now"], set.InlineDocuments.Select(d => d.Text));
        Assert.Equal(["how?", "when?"], set.Rows.Select(r => r.Query));
    }

    [Fact]
    public void ReadDocuments_EveryScalarType_IsItsText()
    {
        using var folder = new Folder();
        string path = new ParquetTable()
            .Text("key", "7").Text("Body", "hello").Values<bool>("flag", true).Values<long>("long", long.MaxValue).Values<ulong>("ulong", ulong.MaxValue)
            .Values<sbyte>("sbyte", -5).Values<ushort>("ushort", 65535).Values<float>("float", 0.1f).Values<double>("double", 1e-7)
            .Values<decimal>(new DecimalDataField("decimal", 20, 3, isNullable: true), 1.125m).Values<Guid>("guid", Guid.Empty).Bytes("bytes", "übrig"u8.ToArray())
            .Values<DateTime>(new DateTimeDataField("updated", DateTimeFormat.Date, isNullable: true), s_time.Date)
            .Values<DateTime>(new DateTimeDataField("micros", DateTimeFormat.Timestamp, true, DateTimeTimeUnit.Micros, true), s_time.AddTicks(1230))
            .Values<DateTime>(new DateTimeDataField("local", DateTimeFormat.Timestamp, false, DateTimeTimeUnit.Millis, true), s_time)
            .Values<DateTime>(new DateTimeDataField("impala", DateTimeFormat.Impala, isNullable: true), s_time).Text("none", [null])
            .Write(folder["d.parquet"]);
        var document = ParquetFile.ReadDocuments(path, new Dictionary<string, string> { ["id"] = "key", ["text"] = "Body" }).Rows[0];
        Assert.Equal(("7", "hello"), (document.Id, document.Text));
        Assert.Equal(
            [
                ("bytes", "übrig"), ("decimal", "1.125"), ("double", "1E-07"), ("flag", "true"), ("float", "0.1"), ("guid", "00000000-0000-0000-0000-000000000000"),
                ("impala", "2026-03-14T15:09:26Z"), ("local", "2026-03-14T15:09:26Z"), ("long", "9223372036854775807"), ("micros", "2026-03-14T15:09:26.000123Z"),
                ("sbyte", "-5"), ("ulong", "18446744073709551615"), ("updated", "2026-03-14"), ("ushort", "65535"),
            ],
            document.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => (a.Key, a.Value)));
    }

    [Fact]
    public void ReadTraffic_ListOfStructs_IsRead()
    {
        using var folder = new Folder();
        string path = new ParquetTable().Text("question", "cancel", "pay").Values<DateTime>(new DateTimeDataField("time", DateTimeFormat.Timestamp, true, DateTimeTimeUnit.Millis, true), s_time, null)
            .Retrieved("retrieved", [("m", 0.71), ("a", null)], [("x", 0.5)]).Values<bool>("escalated", true, null).Values<int>("tokens", 12, null).Text("outcome", "failed", "ok")
            .Write(folder["t.parquet"]);
        var rows = DataReader.Traffic(new DataSource { Path = path, Columns = new Dictionary<string, string> { ["query"] = "question" } }).Rows;
        Assert.Equal([("m", 0.71, 1), ("a", null, 2)], rows[0].Retrieved.Select(r => (r.Id, r.Score, r.Rank)));
        Assert.Equal((new DateTimeOffset(s_time), true, 12, TrafficOutcome.Failed), (rows[0].Time, rows[0].Escalated, rows[0].Tokens, rows[0].Outcome));
        Assert.Equal(("pay", null, "x"), (rows[1].Query, rows[1].Time, Assert.Single(rows[1].Retrieved).Id));
    }

    [Theory]
    [InlineData(CompressionMethod.None)]
    [InlineData(CompressionMethod.Snappy)]
    [InlineData(CompressionMethod.Gzip)]
    [InlineData(CompressionMethod.Zstd)]
    [InlineData(CompressionMethod.Brotli)]
    [InlineData(CompressionMethod.Lz4Raw)]
    public void ReadPairs_PackingAndRowGroups_MakeNoDifference(CompressionMethod compression)
    {
        using var folder = new Folder();
        string[] ids = [.. Enumerable.Range(0, 1000).Select(i => $"q{i}")];
        string path = new ParquetTable().Text("id", ids).Text("query", [.. ids.Select(i => "what is " + i)]).Lists("positive_ids", [.. ids.Select((_, i) => (string?[]?)["same", .. i % 3 == 0 ? ["more"] : Array.Empty<string>()])])
            .Write(folder["p.bin"], compression, groupRows: 64);
        var set = DataReader.Pairs(new DataSource { Path = path }, "train");
        Assert.Equal((1000, 1000L, 0L), (set.Rows.Count, set.Lines[^1], set.Skipped));
        Assert.Equal(ids, set.Rows.Select(r => r.Id));
        Assert.All(set.Rows.Select((r, i) => (r, i)), p => Assert.Equal(p.i % 3 == 0 ? ["same", "more"] : ["same"], p.r.PositiveIds));
    }

    [Fact]
    public void ReadPairs_BadRows_AreNamedByTheirNumbers()
    {
        using var folder = new Folder();
        string path = new ParquetTable().Text("id", "a", "b", "a", "d", "e").Text("query", "q", null, "again", "q4", "q5").Lists("positive_ids", ["x"], ["x"], ["x"], ["y", null], null)
            .Write(folder["p.parquet"], groupRows: 2);
        string message = Assert.Throws<NearfarException>(() => ParquetFile.ReadPairs(path)).Message;
        Assert.Contains("p.parquet:2: has no \"query\"", message, StringComparison.Ordinal);
        Assert.Contains("p.parquet:3: id \"a\" stands on row 1 already", message, StringComparison.Ordinal);
        Assert.Contains("p.parquet:4: \"positive_ids\" wanted a text, came null", message, StringComparison.Ordinal);
        Assert.Contains("p.parquet:5: has no positive", message, StringComparison.Ordinal);
        Assert.Equal(["a"], ParquetFile.ReadPairs(path, reading: new RowReading { SkipInvalid = true }).Rows.Select(r => r.Id));
    }

    [Fact]
    public void ReadPairs_Columns_AreCheckedOnce()
    {
        using var folder = new Folder();
        string path = new ParquetTable().Text("query", "q", "r").Text("positve_ids", "a", "b").Write(folder["p.parquet"]);
        Assert.Contains("unknown column \"positve_ids\"; did you mean \"positive_ids\"? Map it with columns", Assert.Throws<NearfarException>(() => ParquetFile.ReadPairs(path)).Message, StringComparison.Ordinal);
        Assert.Equal(["a"], ParquetFile.ReadPairs(path, new Dictionary<string, string> { ["positive_ids"] = "positve_ids" }).Rows[0].PositiveIds);
        string missing = Assert.Throws<NearfarException>(() => ParquetFile.ReadPairs(path, new Dictionary<string, string> { ["query"] = "frage" })).Message;
        Assert.Contains("unknown column \"frage\"", missing, StringComparison.Ordinal);
        string twice = Assert.Throws<NearfarException>(() => ParquetFile.ReadPairs(path, new Dictionary<string, string> { ["query"] = "positve_ids" })).Message;
        Assert.Contains("two columns are \"query\"", twice, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadDocuments_ListOrStructWhereATextIsWanted_IsRefusedByName()
    {
        using var folder = new Folder();
        string path = new ParquetTable().Text("text", "a").Lists("tags", ["x"]).Structs("meta", ["k"], ["v"]).Write(folder["d.parquet"]);
        string message = Assert.Throws<NearfarException>(() => ParquetFile.ReadDocuments(path)).Message;
        Assert.Contains("d.parquet:1: \"tags\" wanted a text, number or truth value, came a list", message, StringComparison.Ordinal);
        Assert.Contains("d.parquet:1: \"meta\" wanted a text, number or truth value, came an object", message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadDocuments_NotANumberOrNotUtf8_IsAProblemOfItsRow()
    {
        using var folder = new Folder();
        string path = new ParquetTable().Text("text", "a", "b", "c", "d").Values<double>("x", 1, double.NaN, null, double.PositiveInfinity).Bytes("raw", [65], [65], [0xC3, 0x28], [65]).Write(folder["d.parquet"]);
        string message = Assert.Throws<NearfarException>(() => ParquetFile.ReadDocuments(path)).Message;
        Assert.Contains("d.parquet:2: \"x\" is NaN; wanted a finite number", message, StringComparison.Ordinal);
        Assert.Contains("d.parquet:3: \"raw\" holds bytes that are no UTF-8 text", message, StringComparison.Ordinal);
        Assert.Contains("d.parquet:4: \"x\" is Infinity", message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadDocuments_OneProblemOfManyRows_IsToldOnce()
    {
        using var folder = new Folder();
        string path = new ParquetTable().Text("text", "a", "b", "c", "d", "e").Lists("tags", [.. Enumerable.Repeat((string?[]?)["x"], 5)]).Write(folder["d.parquet"]);
        Assert.Contains("came a list. (this row and 4 more)", Assert.Throws<NearfarException>(() => ParquetFile.ReadDocuments(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadDocuments_RowOverTheLimit_IsPassedOver()
    {
        using var folder = new Folder();
        string path = new ParquetTable().Text("text", "short", new string('x', 300), "fine").Write(folder["d.parquet"]);
        var set = ParquetFile.ReadDocuments(path, reading: new RowReading { MaxLineBytes = 200, SkipInvalid = true });
        Assert.Equal(["short", "fine"], set.Rows.Select(d => d.Text));
        Assert.Contains("longer than 200 bytes", Assert.Single(set.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workspace_ParquetWithColumns_IsReadLikeJsonl()
    {
        using var folder = new Folder();
        new ParquetTable().Text("key", "a", "b").Text("body", "first text", "second text").Write(folder["d.parquet"]);
        new ParquetTable().Text("frage", "was ist a?").Text("positive_ids", "a").Write(folder["t.parquet"]);
        new ParquetTable().Text("query", "what?").Text("positive_ids", "b").Write(folder["g.parquet"]);
        folder.Write("nearfar.yaml", "version: 1\ndata:\n  corpus: {path: d.parquet, columns: {id: key, text: body}}\n  train: {path: t.parquet, columns: {query: frage}}\n  gate: g.parquet\n");
        var workspace = await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken);
        Assert.Equal("was ist a?", workspace.Train.Pairs[0].Query);
        Assert.Equal("second text", workspace.Corpus["b"].Text);
        Assert.Equal("what?", workspace.Gate.Queries[0].Query);
    }

    [Fact]
    public async Task Workspace_StreamOfParquet_IsRefusedInTheFile()
    {
        using var folder = new Folder();
        new ParquetTable().Text("query", "what?").Text("answer", "so").Write(folder["t.pairs"]);
        folder.Write("nearfar.yaml", "version: 1\ndata: {train: t.pairs}\nencoder: {kind: static}\ntrain: {stream: {buffer: 100000}}\n");
        var error = await Assert.ThrowsAsync<NearfarException>(async () => await Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken));
        Assert.Contains("reads JSONL", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromFaqCsv_Parquet_IsTheWorkspaceOfTheCsv()
    {
        using var folder = new Folder();
        string[] numbers = [.. Enumerable.Range(0, 60).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        new ParquetTable().Text("question", [.. numbers.Select(n => $"how is number {n} done?")]).Text("answer", [.. numbers.Select(n => $"Number {n} is done so.")]).Text("lang", [.. numbers.Select(_ => "en")]).Write(folder["faq"]);
        folder.Write("other/faq", "question,answer,lang\n" + string.Concat(numbers.Select(n => $"how is number {n} done?,Number {n} is done so.,en\n")));
        var options = new InitOptions { AsOf = new DateOnly(2026, 11, 1), Name = "x" };
        WorkspaceBuilder.FromFaqCsv(folder["faq"], folder["a"], options);
        WorkspaceBuilder.FromFaqCsv(folder["other/faq"], folder["b"], options);
        foreach (string file in new[] { "corpus.jsonl", "dev.jsonl", "gate.jsonl" })
        {
            Assert.Equal(Lines(folder[$"b/{file}"], -1), Lines(folder[$"a/{file}"], 0));
        }
    }

    // What the rule of a pair's provenance counts is the line there and the row here.
    private static string[] Lines(string path, int shift) => [.. File.ReadLines(path).Select(line => System.Text.RegularExpressions.Regex.Replace(line, "faq:([0-9]+)",
        m => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"faq:{int.Parse(m.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) + shift}")))];
}
