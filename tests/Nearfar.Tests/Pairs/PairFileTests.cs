using CsCheck;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Pairs;

public sealed class PairFileTests
{
    private static readonly Gen<string> s_word = Gen.OneOf(Gen.String.AlphaNumeric.Where(s => s.Length > 0), Pick("Rückgabe", "返品", "¿cuánto?", "a \"quoted\" \\ text", "tab\tand\nline", "😀"));
    private static readonly Gen<string> s_id = Gen.String.AlphaNumeric.Where(s => s.Length > 0).Select(s => "d-" + s);

    private static readonly Gen<Provenance> s_provenance =
        from source in Pick("human", "log", "mined", "synthetic", null)
        from space in s_word.Null()
        from rank in Gen.Int[1, 1000].Nullable()
        from scores in Gen.Dictionary(Gen.String.AlphaNumeric, Gen.Double.Where(double.IsFinite))[0, 3]
        from time in Gen.DateTimeOffset.Nullable()
        from rule in s_word.Null()
        select new Provenance { Source = source, Space = space, Rank = rank, Scores = scores, Time = time, Rule = rule, Run = rule, TraceId = space, Reviewer = space, Intent = rule, DocumentId = space, DocumentVersion = rule };

    private static readonly Gen<Pair> s_pair =
        from query in s_word
        from queryId in s_id.Null()
        from positives in s_id.Array[1, 3].Select(a => a.Distinct().ToArray())
        from negatives in Gen.Dictionary(s_id.Select(i => "n" + i), s_provenance.Null())[0, 3]
        from forbidden in s_id.Select(i => "f" + i).Array[0, 2].Select(a => a.Distinct().ToArray())
        from graded in Gen.Bool
        from answer in s_word.Null()
        from cohorts in Gen.Dictionary(s_word, s_word)[0, 3]
        from provenance in s_provenance.Null()
        select new Pair
        {
            Id = "",
            Query = query,
            QueryId = queryId,
            PositiveIds = [.. positives],
            HardNegatives = [.. negatives.Select(n => new HardNegative(n.Key, n.Value))],
            ForbiddenIds = [.. forbidden],
            Relevance = graded ? positives.ToDictionary(p => p, _ => 2) : null,
            ExpectedAnswer = answer,
            Cohorts = cohorts,
            Provenance = provenance,
        };

    [Fact]
    public void Write_AnyPairs_ReadBackEqual()
    {
        using var folder = new Folder();
        s_pair.List[1, 8].Sample(
            drawn =>
            {
                Pair[] pairs = [.. drawn.Select((p, i) => p with { Id = $"p{i}" })];
                PairFile.Write(folder["pairs.jsonl.gz"], pairs);
                var read = PairFile.Read(folder["pairs.jsonl.gz"]);
                Assert.Equal(pairs.Length, read.Rows.Count);
                Assert.All(pairs.Zip(read.Rows), p => AssertEqual(p.First, p.Second));
            },
            iter: 60, threads: 1);
    }

    [Theory]
    [InlineData("""{"anchor":"q","positive":"right","negative":"wrong"}""")]
    [InlineData("""{"sentence1":"q","sentence2":"right","hard_negative_chunk":["wrong"]}""")]
    [InlineData("""{"question":"q","answer":"right","hard_negative_chunk":"wrong"}""")]
    [InlineData("""{"query":"q","positive":"right","hard_negative":"wrong"}""")]
    [InlineData("""{"query":"q","positive_chunk":["right"],"hard_negative_chunk":"wrong"}""")]
    public void Read_AliasesOfTheField_AreThePair(string row)
    {
        using var folder = new Folder();
        var rows = PairFile.Read(folder.Write("p.jsonl", row));
        var pair = Assert.Single(rows.Rows);
        Assert.Equal("q", pair.Query);
        Assert.Equal([ContentHash.IdOf("right")], pair.PositiveIds);
        Assert.Equal(ContentHash.IdOf("wrong"), Assert.Single(pair.HardNegatives).DocumentId);
        Assert.Equal(["right", "wrong"], rows.InlineDocuments.Select(d => d.Text));
        Assert.StartsWith("h-", pair.Id, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NumbersAsIds_AreTheirText()
    {
        using var folder = new Folder();
        var pair = PairFile.Read(folder.Write("p.jsonl", """{"id":7,"query":"q","query_id":12,"positive_ids":[1,"2"],"hard_negative_ids":3,"relevance":{"9":2}}""")).Rows[0];
        Assert.Equal(("7", "12", "3"), (pair.Id, pair.QueryId, pair.HardNegatives[0].DocumentId));
        Assert.Equal(["1", "2", "9"], pair.PositiveIds); // a judged document of grade 1 and more answers too
    }

    [Fact]
    public void Read_BadRows_AreAllNamedWithTheirLines()
    {
        using var folder = new Folder();
        string path = folder.Write("p.jsonl", string.Join('\n',
            """{"id":"a","query":"q","positive_ids":["d"]}""",
            """{"id":"b","query":" ","positive_ids":["d"]}""",
            """{"id":"c","query":"q","positve_ids":["d"]}""",
            """{"id":"a","query":"q","positive_ids":["d"]}""",
            """{"id":"e","query":"q","positive_ids":["d"],"hard_negative_ids":["d"]}""",
            """{"id":"f","query":"q","positive_ids":["d"],"relevance":{"d":0}}""",
            """{"id":"g","query":"q","positive_ids":["d"],"provenance":{"sources":"log"}}""",
            """{"id":"h","query":["q"],"positive_ids":["d"],"anchor":"q"}"""));
        string message = Assert.Throws<NearfarException>(() => PairFile.Read(path)).Message;
        Assert.Contains("p.jsonl:2: \"query\" is blank", message, StringComparison.Ordinal);
        Assert.Contains("p.jsonl:3: unknown field \"positve_ids\"; did you mean \"positive_ids\"?", message, StringComparison.Ordinal);
        Assert.Contains("p.jsonl:4: id \"a\" stands on line 1 already", message, StringComparison.Ordinal);
        Assert.Contains("p.jsonl:5: document \"d\" is a positive and a hard negative", message, StringComparison.Ordinal);
        Assert.Contains("p.jsonl:6: document \"d\" is a positive and has relevance 0", message, StringComparison.Ordinal);
        Assert.Contains("p.jsonl:7: \"provenance.sources\": unknown field \"sources\"; did you mean \"source\"?", message, StringComparison.Ordinal);
        Assert.Contains("p.jsonl:8: \"query\" wanted a text, came a list", message, StringComparison.Ordinal);
        Assert.Contains("p.jsonl:8: has \"query\" and \"anchor\"", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SkipInvalid_CountsWhatItLeavesOut()
    {
        using var folder = new Folder();
        string path = folder.Write("p.jsonl", "{\"query\":\"q\",\"positive\":\"d\"}\nnonsense\n{\"query\":\"q\"}\n");
        var rows = PairFile.Read(path, new RowReading { SkipInvalid = true });
        Assert.Single(rows.Rows);
        Assert.Equal(2, rows.Skipped);
        Assert.Equal([2L, 3L], rows.Problems.Select(p => p.Line));
    }

    [Fact]
    public void Read_EqualRowsWithoutIds_GetDifferentIds()
    {
        using var folder = new Folder();
        string row = "{\"query\":\"q\",\"positive\":\"d\"}\n";
        var ids = PairFile.Read(folder.Write("p.jsonl", row + row)).Rows.Select(r => r.Id).ToList();
        Assert.Equal(ids[0] + "-2", ids[1]);
    }

    [Fact]
    public void Read_ManyBadRows_ShowsTheFirstHundredAndCountsTheRest()
    {
        using var folder = new Folder();
        string path = folder.Write("p.jsonl", string.Concat(Enumerable.Range(0, 250).Select(i => $"{{\"query\":\"q\",\"positive\":\"d\",\"field{i}\":[]}}\n")));
        string message = Assert.Throws<NearfarException>(() => PairFile.Read(path)).Message;
        Assert.StartsWith("250 problems:", message, StringComparison.Ordinal);
        Assert.Equal(100, message.Split("unknown field").Length - 1);
        Assert.EndsWith("and 150 more.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OneProblemOnEveryLine_IsSaidOnceWithItsCountAndHidesNoOther()
    {
        using var folder = new Folder();
        string path = folder.Write("p.jsonl", string.Concat(Enumerable.Repeat("{}\n", 250)) + "[]\n");
        string message = Assert.Throws<NearfarException>(() => PairFile.Read(path)).Message;
        Assert.StartsWith("501 problems:", message, StringComparison.Ordinal); // no query, no positive, no object
        Assert.Equal(4, message.Split('\n').Length);
        Assert.Equal(2, message.Split("(this line and 249 more)").Length - 1);
        Assert.Contains("p.jsonl:251:", message, StringComparison.Ordinal);
    }

    private static Gen<T> Pick<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static void AssertEqual(Pair wanted, Pair came)
    {
        Assert.Equal((wanted.Id, wanted.Query, wanted.QueryId, wanted.ExpectedAnswer), (came.Id, came.Query, came.QueryId, came.ExpectedAnswer));
        Assert.Equal(wanted.PositiveIds, came.PositiveIds);
        Assert.Equal(wanted.ForbiddenIds, came.ForbiddenIds);
        Assert.Equal(wanted.Relevance, came.Relevance);
        Assert.Equal(wanted.Cohorts, came.Cohorts);
        AssertEqual(wanted.Provenance, came.Provenance);
        Assert.Equal(wanted.HardNegatives.Select(n => n.DocumentId), came.HardNegatives.Select(n => n.DocumentId));
        Assert.All(wanted.HardNegatives.Zip(came.HardNegatives), n => AssertEqual(n.First.Provenance, n.Second.Provenance));
    }

    private static void AssertEqual(Provenance? wanted, Provenance? came)
    {
        Assert.Equal(wanted?.Scores, came?.Scores);
        Assert.Equal(wanted is null ? null : wanted with { Scores = came!.Scores }, came);
    }
}
