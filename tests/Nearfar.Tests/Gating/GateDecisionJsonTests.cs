using Nearfar.Gating;
using Xunit;

namespace Nearfar.Tests.Gating;

public class GateDecisionJsonTests
{
    private static GateDecision Decision()
    {
        Dictionary<string, string> Cohorts(int i) => new() { ["language"] = i < 2 ? "is" : i % 5 == 0 ? "日本語" : "en" };
        var before = TestReports.Make("old", 400, i => i % 10 == 0 ? 0 : 1, Cohorts, more: _ => new() { ["margin_mean"] = 0.2 });
        var after = TestReports.Make("new", 400, i => i % 5 == 0 ? 0.25 : 1, Cohorts, more: _ => new() { ["margin_mean"] = 0.2 });
        return new ReleaseGate(new GatePolicy { Reference = ReferenceKind.Bm25, Protected = [new("language", "日本語")], Floors = [new(null, "margin_mean", 0.18)] }).Decide(after, before);
    }

    private static GateDecision Parse(string json) => GateDecisionJson.Parse(System.Text.Encoding.UTF8.GetBytes(json), "decision.json");

    private static string Json() => System.Text.Encoding.UTF8.GetString(GateDecisionJson.ToUtf8(Decision()));

    [Fact]
    public void Parse_WhatWasWritten_WritesTheSameBytes()
    {
        string json = Json();
        Assert.Equal(json, Json());
        Assert.Equal(json, System.Text.Encoding.UTF8.GetString(GateDecisionJson.ToUtf8(Parse(json))));
        Assert.Contains("日本語", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"schema\": 2", "\"schema\": 7", "schema version 7")]
    [InlineData("\"verdict\": \"blocked\"", "\"verdict\": \"passed\"", "the reasons say blocked")]
    [InlineData("\"verdict\": \"blocked\"", "\"verdict\": \"fine\"", "wanted is one of passed, blocked, inconclusive")]
    [InlineData("\"attempt\": 1,", "", "field \"attempt\" is missing")]
    [InlineData("\"outcome\": \"bad\"", "\"outcome\": \"fine\"", "the text does not say what the numbers do")]
    [InlineData("\"threshold\": -0.05", "\"threshold\": -0.9", "the text does not say what the numbers do")]
    [InlineData("\"attempt\": 1,", "\"attempt\": 1, \"waived\": true,", "unknown field \"waived\"")]
    public void Parse_ChangedFile_IsRefused(string from, string to, string part)
    {
        string json = Json();
        Assert.Contains(from, json, StringComparison.Ordinal);
        int at = json.IndexOf(from, StringComparison.Ordinal);
        var error = Assert.Throws<NearfarException>(() => Parse(json[..at] + to + json[(at + from.Length)..]));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SavedFile_IsEqual()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName(), "decision.json");
        GateDecisionJson.Save(path, Decision());
        Assert.Equal(Verdict.Blocked, GateDecisionJson.Load(path).Verdict);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }
}
