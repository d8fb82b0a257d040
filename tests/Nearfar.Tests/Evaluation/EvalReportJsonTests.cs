using System.Text;
using Nearfar.Evaluation;
using Xunit;

namespace Nearfar.Tests.Evaluation;

public class EvalReportJsonTests
{
    private static async Task<string> Json()
    {
        var (set, encoder) = TestSets.Noisy(30, 12, 4);
        return System.Text.Encoding.UTF8.GetString(EvalReportJson.ToUtf8(await new Evaluator().EvaluateAsync(encoder, set, TestContext.Current.CancellationToken)));
    }

    private static EvalReport Parse(string json) => EvalReportJson.Parse(System.Text.Encoding.UTF8.GetBytes(json), "report.json");

    [Fact]
    public async Task Parse_WhatWasWritten_WritesTheSameBytes()
    {
        string json = await Json();
        Assert.Equal(json, System.Text.Encoding.UTF8.GetString(EvalReportJson.ToUtf8(Parse(json))));
        Assert.Equal(64, Parse(json).ComputeHash().Length);
    }

    [Fact]
    public async Task Load_SavedFile_IsEqual()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName(), "report.json");
        var report = Parse(await Json());
        EvalReportJson.Save(path, report);
        Assert.Equal(report.ComputeHash(), EvalReportJson.Load(path).ComputeHash());
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        Assert.Throws<NearfarException>(() => EvalReportJson.Load(path));
    }

    [Theory]
    [InlineData("\"schema\": 1", "\"schema\": 2", "schema version 2; this Nearfar reads 1")]
    [InlineData("\"kind\": \"report\"", "\"kind\": \"decision\"", "a decision file where a report file is wanted")]
    [InlineData("\"depth\": 100,", "", "field \"depth\" is missing")]
    [InlineData("\"depth\": 100,", "\"depth\": 100, \"extra\": 1,", "unknown field \"extra\"")]
    [InlineData("\"depth\": 100,", "\"depth\": 100, \"depth\": 100,", "not readable as JSON")]
    [InlineData("\"depth\": 100,", "\"depth\": 0,", "$.depth: wanted a whole number of at least 1")]
    [InlineData("\"depth\": 100,", "\"depth\": NaN,", "not readable as JSON")]
    [InlineData("\"recall@5\": 1", "\"recall@5\": \"NaN\"", "wanted a finite number")]
    [InlineData("\"recall@5\": 1", "\"recall@5\": 1e999", "wanted a finite number")]
    [InlineData("\"recall@5\": 1", "\"recall@5\": null", "wanted a finite number")]
    public async Task Parse_BrokenFile_IsRefusedWithItsPlace(string from, string to, string part)
    {
        string json = await Json();
        int at = json.IndexOf(from, StringComparison.Ordinal);
        Assert.True(at >= 0, $"the report has no {from}");
        var error = Assert.Throws<NearfarException>(() => Parse(new StringBuilder(json).Remove(at, from.Length).Insert(at, to).ToString()));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("report.json:", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A report of the first version has none of the later parts: its bytes, and so its hash in ledgers, must stay.</summary>
    [Fact]
    public async Task Parse_ReportOfAnEarlierVersion_KeepsItsBytes()
    {
        var later = Parse(await Json());
        var earlier = later with
        {
            Geometry = null,
            Quantiles = null,
            Cohorts = later.Cohorts.ToDictionary(a => a.Key, a => (IReadOnlyDictionary<string, CohortScore>)a.Value.ToDictionary(
                v => v.Key, v => v.Value with { Scale = null, Quantiles = null })),
        };
        string json = System.Text.Encoding.UTF8.GetString(EvalReportJson.ToUtf8(earlier));
        Assert.DoesNotContain("geometry", json, StringComparison.Ordinal);
        Assert.DoesNotContain("quantiles", json, StringComparison.Ordinal);
        Assert.Equal(earlier.ComputeHash(), Parse(json).ComputeHash());
    }

    [Theory, InlineData(""), InlineData("{"), InlineData("[]"), InlineData("null"), InlineData("{}")]
    public void Parse_NoReport_IsRefused(string json) => Assert.Throws<NearfarException>(() => Parse(json));

    [Fact]
    public async Task Parse_TruncatedAnywhere_IsRefused()
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(await Json());
        for (int length = 0; length < bytes.Length - 2; length += 997)
        {
            Assert.Throws<NearfarException>(() => EvalReportJson.Parse(bytes.AsMemory(0, length), "report.json"));
        }
    }
}
