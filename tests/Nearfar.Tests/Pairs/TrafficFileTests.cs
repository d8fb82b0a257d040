using CsCheck;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Pairs;

public sealed class TrafficFileTests
{
    [Fact]
    public void Write_AnyRows_ReadBackEqual()
    {
        using var folder = new Folder();
        var word = Gen.String.AlphaNumeric.Where(s => s.Length > 0);
        var rows =
            from query in word
            from time in Gen.DateTimeOffset.Nullable()
            from retrieved in Gen.Dictionary(word, Gen.Double[-1, 1].Nullable())[0, 5]
            from judged in Gen.Dictionary(word, Gen.Int[0, 3])[0, 3].Null()
            from outcome in Gen.Enum<TrafficOutcome>()
            from latency in Gen.Double[0, 1e6].Nullable()
            from escalated in Gen.Bool.Nullable()
            from cohorts in Gen.Dictionary(word, word)[0, 2]
            select new TrafficRow
            {
                Id = "t:1",
                Query = query,
                Time = time,
                Retrieved = [.. retrieved.Select((r, i) => new RetrievedDocument(r.Key, r.Value, i + 1))],
                Judged = judged,
                Outcome = outcome,
                LatencyMs = latency,
                Escalated = escalated,
                Tokens = 3,
                Answer = query,
                TraceId = "t",
                EmbeddingModelVersion = "v7",
                ExpectedIds = [query],
                Cohorts = cohorts,
            };
        rows.Sample(
            row =>
            {
                TrafficFile.Write(folder["t.jsonl"], [row]);
                var read = Assert.Single(TrafficFile.Read(folder["t.jsonl"]).Rows);
                Assert.Equal(row.Retrieved, read.Retrieved);
                Assert.Equal(row.Judged, read.Judged);
                Assert.Equal(row.Cohorts, read.Cohorts);
                Assert.Equal(row.ExpectedIds, read.ExpectedIds);
                Assert.Equal(row, read with { Retrieved = row.Retrieved, Judged = row.Judged, Cohorts = row.Cohorts, ExpectedIds = row.ExpectedIds });
            },
            iter: 60, threads: 1);
    }

    [Theory]
    [InlineData("""{"id":"1","query":"q","outcome":"bad"}""", "\"outcome\" is \"bad\"; wanted ok, failed or unknown")]
    [InlineData("""{"id":"1","query":"q","retrieved":[{"id":"a"},{"id":"a"}]}""", "holds \"a\" twice")]
    [InlineData("""{"id":"1","query":"q","retrieved":[{"id":"a","score":1e400}]}""", "\"retrieved.score\" wanted a finite number, came 1e400")]
    [InlineData("""{"id":"1","query":"q","retrieved":["a"]}""", "\"retrieved[]\" wanted an object, came a text")]
    [InlineData("""{"id":"1","query":"q","retrieved":[{"id":"a","rank":0}]}""", "ranks begin at 1")]
    [InlineData("""{"id":"1","query":"q","time":"3/4/2026"}""", "wanted a time such as 2026-11-01T09:30:00Z")]
    [InlineData("""{"id":"1","query":"q","latency":12}""", "unknown field \"latency\"; did you mean \"latency_ms\"?")]
    [InlineData("""{"id":"1"}""", "has no \"query\"")]
    public void Read_BadRow_SaysWhatWasWanted(string row, string message)
    {
        using var folder = new Folder();
        Assert.Contains(message, Assert.Throws<NearfarException>(() => TrafficFile.Read(folder.Write("t.jsonl", row))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_RanksOutOfOrder_AreSortedAndKnownRightIdsFollowTheGrades()
    {
        using var folder = new Folder();
        var row = TrafficFile.Read(folder.Write("t.jsonl", """{"id":"1","query":"q","time":"2026-11-01","retrieved":[{"id":"b","rank":2},{"id":"a","rank":1}],"judged":{"z":1,"c":2,"n":0}}""")).Rows[0];
        Assert.Equal(["a", "b"], row.Retrieved.Select(r => r.Id));
        Assert.Equal(["c", "z"], row.KnownRightIds);
        Assert.Equal(TimeSpan.Zero, row.Time!.Value.Offset);
    }
}
